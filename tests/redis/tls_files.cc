#include "tls_files.h"

#include <cstdlib>
#include <stdexcept>

#include "rota/base/format.h"

namespace rota::redis_test {

TlsFiles::TlsFiles(const std::string& names) {
  Make("ca", "-addext basicConstraints=critical,CA:TRUE");
  const std::string signed_by_ca = "-CA ca.crt -CAkey ca.key -addext basicConstraints=CA:FALSE -addext subjectAltName=";
  Make("server", signed_by_ca + names);
  Make("client", signed_by_ca + "DNS:client");
}

std::vector<std::string> TlsFiles::ServerArguments(Clients clients) const {
  return {"--tls-ca-cert-file", ca(),         "--tls-cert-file",    server_cert(),
          "--tls-key-file",     server_key(), "--tls-auth-clients", clients == Clients::kAny ? "no" : "yes"};
}

void TlsFiles::Make(const std::string& name, const std::string& arguments) const {
  const std::string command = Format(
      "cd {} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN={}' "
      "-keyout {}.key -out {}.crt {} >log 2>&1",
      folder_.path(), name, name, name, arguments);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot make a certificate: " + command);
}

}  // namespace rota::redis_test
