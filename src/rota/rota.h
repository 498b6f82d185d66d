#pragma once

// Everything that a program needs to define commands and schedule them.

#include "rota/base/format.h"
#include "rota/base/status.h"
#include "rota/run/command.h"
#include "rota/run/command_registry.h"
#include "rota/run/context.h"
#include "rota/run/hook_facts.h"
#include "rota/runtime/application.h"
#include "rota/schedule/attributes.h"
#include "rota/schedule/scheduler.h"
#include "rota/schedule/task_builder.h"
