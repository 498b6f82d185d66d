#pragma once

#include <string>
#include <vector>

#include "rota/config/key.h"
#include "rota/config/value_reader.h"
#include "rota/schedule/http_call.h"

namespace rota {

// A task's `http`, as written.
struct HttpEntry {
  std::string method = "GET";
  std::string url;
  HttpOptions options;
};

// The keys of a task's `http`, in the order of the documentation.
const std::vector<Key<HttpEntry>>& HttpKeys();

// An http:// or https:// URL. What is refused is not shown where it may hold a password.
ValueType<std::string> HttpUrl();

// Reads `http`: a map of those keys, or the URL alone. What is wrong is left with the reader.
HttpEntry ReadHttp(ValueReader& reader, const ValueReader::Place& place);

}  // namespace rota
