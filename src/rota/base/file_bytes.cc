#include "rota/base/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "rota/base/text.h"

namespace rota {
namespace {

// Closes what it holds, unless that is -1.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace

Result<std::string> ReadBytes(const std::string& path, std::size_t limit) {
  const auto failed = [&path](int error) { return Unavailable("{}: {}", Printable(path), std::strerror(error)); };
  // Without O_NONBLOCK, to open a pipe is to wait for its writer.
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.descriptor() < 0) {
    if (errno != ENOENT && errno != ENOTDIR) return Fail(failed(errno));
    return Fail(NotFound("{}: {}", Printable(path), std::strerror(errno)));
  }
  struct stat about{};
  if (fstat(file.descriptor(), &about) != 0) return Fail(failed(errno));
  if (S_ISDIR(about.st_mode)) return Fail(failed(EISDIR));
  if (!S_ISREG(about.st_mode)) return Fail(Unavailable("{}: not a regular file", Printable(path)));
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t count = read(file.descriptor(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(failed(errno));
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > limit) return Fail(InvalidArgument("{}: larger than {} bytes", Printable(path), limit));
  }
}

}  // namespace rota
