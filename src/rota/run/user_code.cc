#include "rota/run/user_code.h"

#include <exception>

#include "rota/base/format.h"

namespace rota {

FunctionCall WorkOf(Command& command) {
  return {command.name(), [&command](Context& context) { return command.Handle(context); }};
}

Status Perform(const FunctionCall& work, Context& context) {
  try {
    return work.function(context);
  } catch (const std::exception& error) {
    return Errorf("{}", error);
  } catch (...) {
    return Errorf("{} threw something that is not a std::exception", work.id);
  }
}

Status CallFunction(const std::function<void()>& function) {
  try {
    function();
    return Status::Ok();
  } catch (const std::exception& error) {
    return Errorf("threw: {}", error);
  } catch (...) {
    return Errorf("threw something that is not a std::exception");
  }
}

}  // namespace rota
