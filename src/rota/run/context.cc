#include "rota/run/context.h"

#include <stdexcept>
#include <utility>

#include "rota/base/mutex.h"
#include "rota/base/suggest.h"

namespace rota {
namespace {

// The value under `name`, or an error that names the nearest declared one.
template <typename Map>
const typename Map::mapped_type& Declared(const Map& values, std::string_view kind, std::string_view name) {
  const auto found = values.find(name);
  if (found != values.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [key, value] : values) known.push_back(key);
  throw std::out_of_range(Format("the command declares no {} \"{}\"{}", kind, name, DidYouMean(name, known)));
}

}  // namespace

struct Context::State {
  // Constant after construction.
  Facts facts;
  rota::Arguments arguments;
  std::stop_token stop;
  std::function<bool()> lease_lost;
  Output output;
  // Held over `output`, whose contract is to be called by one thread at a time: that is all it is for.
  Mutex output_mu;
};

Context::Context(Facts facts, rota::Arguments arguments, std::stop_token stop, std::function<bool()> lease_lost,
                 Output output)
    : state_(new State{
          std::move(facts), std::move(arguments), std::move(stop), std::move(lease_lost), std::move(output), {}}) {}

Context::~Context() = default;

const Context::Facts& Context::facts() const { return state_->facts; }

const std::string& Context::Argument(std::string_view name) const {
  const std::vector<std::string>& values = Arguments(name);
  if (values.empty()) throw std::out_of_range(Format("argument \"{}\" is repeated: read it with Arguments()", name));
  return values.front();
}

const std::vector<std::string>& Context::Arguments(std::string_view name) const {
  return Declared(state_->arguments.arguments, "argument", name);
}

const std::string& Context::Option(std::string_view name) const {
  return Declared(state_->arguments.options, "option", name);
}

bool Context::Flag(std::string_view name) const { return Declared(state_->arguments.flags, "flag", name); }

std::uint64_t Context::FencingToken() const { return state_->facts.fencing_token; }

bool Context::LeaseLost() const { return state_->lease_lost && state_->lease_lost(); }

std::stop_token Context::StopToken() const { return state_->stop; }

bool Context::StopRequested() const { return state_->stop.stop_requested(); }

void Context::Write(std::string_view text) {
  if (!state_->output) return;
  const MutexLock lock(state_->output_mu);
  state_->output(text);
}

}  // namespace rota
