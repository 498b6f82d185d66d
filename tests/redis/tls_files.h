#pragma once

#include <string>
#include <vector>

#include "redis_server.h"

namespace rota::redis_test {

// An authority of the test's own, and what it has signed: PEM files in a folder that goes with this. Made with the
// openssl program; failures are std::runtime_error.
class TlsFiles {
 public:
  // `names` are those the server's certificate bears.
  explicit TlsFiles(const std::string& names = "DNS:localhost,IP:127.0.0.1");

  std::string ca() const { return folder_.path() + "/ca.crt"; }
  std::string server_cert() const { return folder_.path() + "/server.crt"; }
  std::string server_key() const { return folder_.path() + "/server.key"; }
  std::string client_cert() const { return folder_.path() + "/client.crt"; }
  std::string client_key() const { return folder_.path() + "/client.key"; }

  enum class Clients { kAny, kCertified };
  // What a redis-server needs to speak TLS with these files, to any client or to those with a certificate.
  std::vector<std::string> ServerArguments(Clients clients = Clients::kAny) const;

 private:
  void Make(const std::string& name, const std::string& arguments) const;

  TemporaryFolder folder_;
};

}  // namespace rota::redis_test
