// One easy handle in a multi handle for each request, driven by the calling thread: the multi interface is what another
// thread can wake (curl_multi_wakeup), so that a stop is heard at once. A wake-up that comes before the wait ends that
// wait: none is lost. The stop callback is gone before the multi handle is.
#include "rota/run/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/schedule/http_call.h"

namespace rota {
namespace {

constexpr std::chrono::seconds kConnectTimeout(10);
constexpr int kLongestWait = 60'000;  // Milliseconds; libcurl has its own timers besides.

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void InitializeOnce() {
  static const CURLcode kInitialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  ROTA_CHECK(kInitialized == CURLE_OK, "libcurl cannot be initialized");
}

template <typename Value>
void Set(CURL* easy, CURLoption option, Value value) {
  // What an option can refuse has been checked, but for memory.
  ROTA_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK, "libcurl knows the option");
}

// What has come of the answer.
struct Incoming {
  HttpResponse response;
  std::size_t body_limit = 0;
};

// "HTTP/1.1 503 Service Unavailable\r\n" begins each answer; an interim one (100, 103) is replaced by the next.
std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* incoming) {
  const std::string_view line(data, size);
  if (!line.starts_with("HTTP/")) return size;
  const std::vector<std::string_view> words = Split(Trim(line), ' ');
  std::string& phrase = static_cast<Incoming*>(incoming)->response.phrase;
  phrase.clear();
  for (std::size_t i = 2; i < words.size(); ++i) phrase += (i > 2 ? " " : "") + std::string(words[i]);
  phrase = Printable(phrase);
  return size;
}

std::size_t OnBody(char* data, std::size_t, std::size_t size, void* incoming) {
  auto& [response, limit] = *static_cast<Incoming*>(incoming);
  const std::size_t kept = std::min(size, limit - response.body.size());
  response.body.append(data, kept);
  response.cut += size - kept;
  return size;
}

HeaderList MakeHeaders(const HttpRequest& request) {
  HeaderList list(nullptr, curl_slist_free_all);
  const auto add = [&list](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    ROTA_CHECK(longer != nullptr, "out of memory");
    (void)list.release();  // NOLINT(bugprone-unused-return-value): it is part of the longer one.
    list.reset(longer);
  };
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    add(value.empty() ? name + ";" : Format("{}: {}", name, value));  // A name and ';' is libcurl's for no value.
    has_type |= Lowercase(name) == "content-type";
  }
  if (!has_type) add("Content-Type:");  // None, where libcurl would call any body a form.
  add("Expect:");                       // Bodies are sent at once.
  return list;
}

void SetMethod(CURL* easy, const HttpRequest& request) {
  const bool posts = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (request.method == "HEAD") {
    Set(easy, CURLOPT_NOBODY, 1L);
  } else if (posts || !request.body.empty()) {
    Set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  Set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void SetLimits(CURL* easy, const HttpRequest& request) {
  Set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  Set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!request.ca_file.empty()) Set(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  Set(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(kConnectTimeout.count()));
  if (request.timeout) Set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout->count()));
  Set(easy, CURLOPT_TCP_KEEPALIVE, 1L);  // A server that vanished ends the wait, however long that may be.
  Set(easy, CURLOPT_NOSIGNAL, 1L);
  Set(easy, CURLOPT_QUICK_EXIT, 1L);  // A name server that does not answer holds up no stop.
}

// Drives the transfer to its end; nothing when it was stopped before.
std::optional<CURLcode> Drive(CURLM* multi, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  for (;;) {
    if (stop.stop_requested()) return std::nullopt;
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi, &left)) return message->data.result;
    if (curl_multi_poll(multi, nullptr, 0, kLongestWait, nullptr) != CURLM_OK) return CURLE_FAILED_INIT;
  }
}

// The longer text is better, where there is one.
std::string ErrorText(CURLcode code, const char* detail) {
  return Printable(*detail != '\0' ? detail : curl_easy_strerror(code));
}

}  // namespace

Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop) {
  InitializeOnce();
  const std::string name = Format("{} {}", request.method, MaskedUrl(request.url));
  std::array<char, CURL_ERROR_SIZE> detail{};
  Incoming incoming{{}, request.body_limit};
  const HeaderList headers = MakeHeaders(request);
  const Easy easy(curl_easy_init(), curl_easy_cleanup);
  const Multi multi(curl_multi_init(), curl_multi_cleanup);
  if (!easy || !multi) return Fail(Unavailable("{}: out of memory", name));
  Set(easy.get(), CURLOPT_URL, request.url.c_str());
  Set(easy.get(), CURLOPT_USERAGENT, "Rota/" ROTA_VERSION);
  Set(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  Set(easy.get(), CURLOPT_ERRORBUFFER, detail.data());
  Set(easy.get(), CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(easy.get(), CURLOPT_HEADERDATA, static_cast<void*>(&incoming));
  Set(easy.get(), CURLOPT_WRITEFUNCTION, &OnBody);
  Set(easy.get(), CURLOPT_WRITEDATA, static_cast<void*>(&incoming));
  SetMethod(easy.get(), request);
  SetLimits(easy.get(), request);

  curl_multi_add_handle(multi.get(), easy.get());
  const std::optional<CURLcode> code = Drive(multi.get(), stop);
  curl_multi_remove_handle(multi.get(), easy.get());
  if (!code) return Fail(Status(StatusCode::kCancelled, Format("{}: stopped", name)));
  if (*code != CURLE_OK) return Fail(Unavailable("{}: {}", name, ErrorText(*code, detail.data())));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  incoming.response.status = static_cast<int>(status);
  return std::move(incoming.response);
}

}  // namespace rota
