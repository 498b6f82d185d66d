#include "rota/coordination/redis/stream.h"

// ThreadSanitizer does not see the fences of Asio, which g++ warns of. Each loop here is one thread's: none is needed.
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/text.h"
#include "rota/coordination/redis/resolver.h"

namespace rota::redis {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Protocol = asio::generic::stream_protocol;

// The system's words in lowercase, as the rest of a message is.
std::string Words(const ErrorCode& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "the server closed the connection";
  std::string words = Printable(error.message());
  if (words.size() > 1 && std::islower(static_cast<unsigned char>(words[1])) != 0) {
    words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  }
  return words;
}

bool IsIpAddress(const std::string& name) {
  ErrorCode error;
  asio::ip::make_address(name, error);
  return !error;
}

Result<std::vector<Protocol::endpoint>> Endpoints(const Endpoint& endpoint, Resolver& resolver,
                                                  const Deadline& deadline) {
  std::vector<Protocol::endpoint> endpoints;
  if (!endpoint.socket.empty()) {
    // A longer path throws.
    if (endpoint.socket.size() >= sizeof(sockaddr_un::sun_path)) {
      return Fail(Unavailable("a socket's path has at most {} bytes", sizeof(sockaddr_un::sun_path) - 1));
    }
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(endpoint.socket));
    return endpoints;
  }
  const auto addresses = resolver.Resolve(endpoint.address.host, endpoint.address.port, deadline);
  if (!addresses) return Fail(addresses.error());
  for (const SocketAddress& address : *addresses) endpoints.emplace_back(&address.storage, address.size, IPPROTO_TCP);
  return endpoints;
}

}  // namespace

std::string Endpoint::name() const {
  if (!socket.empty()) return socket;
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return Format("{}{}{}:{}", ipv6 ? "[" : "", address.host, ipv6 ? "]" : "", address.port);
}

// Each call starts one asynchronous operation and runs the loop until that has ended, or its time is over; then it
// closes the socket, which ends the operation. So no operation outlives its call.
struct Stream::State {
  asio::io_context io{1};  // One thread.
  Protocol::socket socket{io};
  std::optional<asio::ssl::context> context;
  std::optional<asio::ssl::stream<Protocol::socket&>> tls;

  // Starts an operation with `start(handler)` and returns its error: timed_out when it does not end in time.
  template <typename Start>
  ErrorCode Run(Milliseconds timeout, Start start) {
    std::optional<ErrorCode> result;
    start([&result](const ErrorCode& error, auto...) { result = error; });
    io.restart();
    io.run_for(timeout);
    if (result) return *result;
    ErrorCode ignored;
    (void)socket.close(ignored);
    io.run();
    return asio::error::timed_out;
  }

  ErrorCode Open(const Protocol& protocol);
  Status Connect(const std::vector<Protocol::endpoint>& endpoints, const Deadline& deadline);
  Status LoadFiles(const RedisTls& options);
  Status Encrypt(const RedisTls& options, const std::string& host, const Deadline& deadline);
};

ErrorCode Stream::State::Open(const Protocol& protocol) {
  ErrorCode error;
  if (socket.is_open()) (void)socket.close(error);
  (void)socket.open(protocol, error);
  // The commands that a program starts by itself are not to hold the connection open.
  if (!error) fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  return error;
}

Status Stream::State::Connect(const std::vector<Protocol::endpoint>& endpoints, const Deadline& deadline) {
  ErrorCode error = asio::error::host_not_found;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // An address that swallows everything leaves time for the others.
    const auto share = deadline.Left() / static_cast<std::int64_t>(endpoints.size() - i);
    error = Open(endpoints[i].protocol());
    if (!error) error = Run(share, [&](auto handler) { socket.async_connect(endpoints[i], handler); });
    if (!error) break;
  }
  if (error == asio::error::timed_out) return Unavailable("no connection within {} ms", deadline.allowed().count());
  if (error) return Unavailable("{}", Words(error));
  if (endpoints.front().protocol().family() == AF_UNIX) return Status::Ok();
  // A connection that waits in the pool is kept by routers between, and a server that has gone is noticed.
  ErrorCode ignored;
  (void)socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  (void)socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int idle_seconds = 30;
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof(idle_seconds));
  return Status::Ok();
}

Status Stream::State::LoadFiles(const RedisTls& options) {
  context.emplace(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  ErrorCode error;
  (void)context->set_verify_mode(asio::ssl::verify_peer, error);
  const auto failed = [&](std::string_view what, const std::string& file) {
    return Unavailable("cannot use {} \"{}\": {}", what, Printable(file), Words(error));
  };
  if (options.ca_file.empty()) {
    (void)context->set_default_verify_paths(error);
    if (error) return Unavailable("cannot use the system's authorities: {}", Words(error));
  } else if (context->load_verify_file(options.ca_file, error)) {
    return failed("tls.ca_file", options.ca_file);
  }
  if (options.cert_file.empty()) return Status::Ok();
  if (context->use_certificate_chain_file(options.cert_file, error)) return failed("tls.cert_file", options.cert_file);
  // Who needs a passphrase would be asked on the terminal.
  (void)context->set_password_callback([](std::size_t, asio::ssl::context::password_purpose) { return std::string(); },
                                       error);
  if (context->use_private_key_file(options.key_file, asio::ssl::context::pem, error)) {
    return failed("tls.key_file", options.key_file);
  }
  return Status::Ok();
}

Status Stream::State::Encrypt(const RedisTls& options, const std::string& host, const Deadline& deadline) {
  if (Status loaded = LoadFiles(options); !loaded.ok()) return loaded;
  tls.emplace(socket, *context);
  SSL* ssl = tls->native_handle();
  const std::string& name = options.server_name.empty() ? host : options.server_name;
  if (IsIpAddress(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, name.c_str());
    SSL_set1_host(ssl, name.c_str());
  }
  const ErrorCode error =
      Run(deadline.Left(), [&](auto handler) { tls->async_handshake(asio::ssl::stream_base::client, handler); });
  if (!error) return Status::Ok();
  if (error == asio::error::timed_out)
    return Unavailable("no TLS handshake within {} ms (does the server speak TLS?)", deadline.allowed().count());
  const long verified = SSL_get_verify_result(ssl);
  if (verified == X509_V_OK) return Unavailable("TLS handshake failed: {}", Words(error));
  Status status = Unavailable("certificate verify failed: {}", X509_verify_cert_error_string(verified));
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    status = Unavailable("{}: it does not bear \"{}\"", status.message(), Printable(name));
  }
  return status;
}

Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stream::Stream(Stream&& other) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept = default;
Stream::~Stream() = default;

Result<Stream> Stream::Connect(const Endpoint& endpoint, const std::optional<RedisTls>& tls, Resolver& resolver,
                               const Deadline& deadline) {
  const auto endpoints = Endpoints(endpoint, resolver, deadline);
  if (!endpoints) return Fail(endpoints.error());
  try {
    auto state = std::make_unique<State>();
    if (Status status = state->Connect(*endpoints, deadline); !status.ok()) return Fail(std::move(status));
    if (tls && endpoint.socket.empty()) {
      if (Status status = state->Encrypt(*tls, endpoint.address.host, deadline); !status.ok()) {
        return Fail(std::move(status));
      }
    }
    return Stream(std::move(state));
  } catch (const boost::system::system_error& error) {  // No descriptor is left for the loop, or OpenSSL fails.
    return Fail(Unavailable("{}", Words(error.code())));
  }
}

Status Stream::Write(std::string_view bytes, const Deadline& deadline) {
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  const ErrorCode error = state_->Run(deadline.Left(), [&](auto handler) {
    if (state_->tls) {
      asio::async_write(*state_->tls, buffer, handler);
    } else {
      asio::async_write(state_->socket, buffer, handler);
    }
  });
  if (error == asio::error::timed_out) return Unavailable("takes no command within {} ms", deadline.allowed().count());
  if (error && state_->tls) {
    // A server that refuses the client's certificate says so when the client takes the handshake for done: the reason
    // lies unread before the end.
    char byte = 0;
    const auto reason = Read(&byte, 1, deadline);
    if (!reason) return reason.error();
  }
  return error ? Unavailable("{}", Words(error)) : Status::Ok();
}

Result<std::size_t> Stream::Read(char* bytes, std::size_t size, const Deadline& deadline) {
  std::size_t count = 0;
  const ErrorCode error = state_->Run(deadline.Left(), [&](auto handler) {
    const auto counting = [handler, &count](const ErrorCode& result, std::size_t transferred) {
      count = transferred;
      handler(result);
    };
    if (state_->tls) {
      state_->tls->async_read_some(asio::buffer(bytes, size), counting);
    } else {
      state_->socket.async_read_some(asio::buffer(bytes, size), counting);
    }
  });
  if (error == asio::error::timed_out) return Fail(Unavailable("no answer within {} ms", deadline.allowed().count()));
  if (error) return Fail(Unavailable("{}", Words(error)));
  return count;
}

bool Stream::IsQuiet() const {
  pollfd descriptor{.fd = state_->socket.native_handle(), .events = POLLIN | POLLRDHUP, .revents = 0};
  return state_->socket.is_open() && poll(&descriptor, 1, 0) == 0;
}

void Stream::AwaitAny(std::span<const Stream* const> streams, const Deadline& deadline) {
  std::vector<pollfd> descriptors;
  for (const Stream* stream : streams) {
    descriptors.push_back({.fd = stream->state_->socket.native_handle(), .events = POLLIN | POLLRDHUP, .revents = 0});
  }
  while (poll(descriptors.data(), descriptors.size(), static_cast<int>(deadline.Left().count())) < 0 &&
         errno == EINTR) {
  }
}

}  // namespace rota::redis
