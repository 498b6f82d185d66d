#include "rota/config/file_bytes.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "rota/base/text.h"

namespace rota {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Result<std::string> ReadBytes(const std::string& path, std::size_t limit) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    const StatusCode code = errno == ENOENT || errno == ENOTDIR ? StatusCode::kNotFound : StatusCode::kUnavailable;
    return Fail(Status(code, Format("{}: {}", Printable(path), std::strerror(errno))));
  }
  std::string text;
  std::array<char, 64 * 1024> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    text.append(buffer.data(), count);
    if (text.size() > limit) return Fail(InvalidArgument("{}: larger than {} bytes", Printable(path), limit));
  }
  if (std::ferror(file.get()) != 0) return Fail(Unavailable("{}: {}", Printable(path), std::strerror(errno)));
  return text;
}

}  // namespace rota
