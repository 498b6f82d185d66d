#include "rota/runtime/application.h"

// The ready-made program: its tasks are those of the configuration file.
int main(int argc, char** argv) {
  rota::Application app("config.yaml");
  return app.Run(argc, argv);
}
