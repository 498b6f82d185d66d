#include "rota/run/signature.h"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include "rota/base/format.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"

namespace rota {
namespace {

// CLI11 reads two kinds of words otherwise than a person means them: the value "[a,b]" is taken apart, and "--x=" takes
// the next word for its value. Neither happens to a value that begins with '='. So words go in marked with one, and
// their marks are taken off the values that come out; Unmark(Mark(word)) is the word, whatever it holds.
std::string Mark(const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return "=" + word;
  const std::size_t equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string::npos) return word;
  return word.substr(0, equals + 1) + "=" + word.substr(equals + 1);
}

std::string Unmark(const std::string& word) {
  if (word.starts_with("=")) return word.substr(1);
  const std::size_t equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string::npos) return word;
  return word.substr(0, equals) + word.substr(equals + 1);
}

std::vector<std::string> OptionWords(const Signature& signature) {
  std::vector<std::string> words;
  for (const auto& option : signature.options) words.push_back("--" + option.name);
  words.push_back("--help");
  return words;
}

// The error for a word that is neither a declared option nor a place for an argument.
Status Unexpected(const Signature& signature, const std::string& word) {
  if (word.size() < 2 || word[0] != '-') {
    return InvalidArgument("unexpected argument \"{}\": {} takes {}", Printable(word), signature.name,
                           signature.arguments.empty()       ? std::string("none")
                           : signature.arguments.size() == 1 ? std::string("one")
                                                             : Format("{}", signature.arguments.size()));
  }
  const std::string name = word.substr(0, word.find('='));
  return InvalidArgument("unknown option \"{}\"{}", Printable(name), DidYouMean(name, OptionWords(signature)));
}

// The parser stops without a value only at the last word: "--keep", "-k", or letters that end in one, "-nk".
Status ValueMissing(const Signature& signature, const std::string& last) {
  for (const auto& option : signature.options) {
    const bool named = last == "--" + option.name || (!last.starts_with("--") && last.back() == option.letter);
    if (named && !option.is_flag) return InvalidArgument("option --{}: expected a value", option.name);
  }
  return InvalidArgument("option \"{}\": expected a value", Printable(last));
}

Result<std::vector<std::string>> ArgumentValues(const Signature::ArgumentSpec& spec, const CLI::Option& parsed) {
  std::vector<std::string> values;
  for (const std::string& value : parsed.results()) values.push_back(Unmark(value));
  if (!values.empty() || spec.presence == Signature::Presence::kRepeated) return values;
  if (spec.presence == Signature::Presence::kOptional) return std::vector<std::string>{spec.default_value};
  return Fail(
      InvalidArgument("missing argument <{}>{}{}", spec.name, spec.description.empty() ? "" : ": ", spec.description));
}

// "<target>", "[<target>]", "[<file>...]"
std::string Placeholder(const Signature::ArgumentSpec& spec) {
  switch (spec.presence) {
    case Signature::Presence::kRequired:
      return "<" + spec.name + ">";
    case Signature::Presence::kOptional:
      return "[<" + spec.name + ">]";
    case Signature::Presence::kRepeated:
      return "[<" + spec.name + ">...]";
  }
  return spec.name;
}

struct Row {
  std::string left;
  std::string right;
};

std::string Section(std::string_view title, const std::vector<Row>& rows, int width) {
  if (rows.empty()) return "";
  std::string text = Format("\n{}:\n", title);
  for (const Row& row : rows) {
    text += "  " + row.left;
    if (!row.right.empty()) {
      text.append(static_cast<std::size_t>(width + 2 - DisplayWidth(row.left)), ' ');
      text += row.right;
    }
    text += '\n';
  }
  return text;
}

std::string WithDefault(const std::string& description, const std::string& default_value) {
  if (default_value.empty()) return description;
  return Format("{}{}[default: {}]", description, description.empty() ? "" : " ", Printable(default_value));
}

}  // namespace

Result<Arguments> ParseArguments(const Signature& signature, std::span<const std::string> words) {
  CLI::App app;
  app.set_help_flag("");
  app.allow_extras();
  std::vector<CLI::Option*> arguments;
  for (std::size_t i = 0; i < signature.arguments.size(); ++i) {
    // Numbered, because CLI11 keeps the names of arguments and options apart less strictly than we do.
    CLI::Option* argument = app.add_option(Format("argument{}", i));
    if (signature.arguments[i].presence == Signature::Presence::kRepeated) {
      argument->expected(0, CLI::detail::expected_max_vector_size)->allow_extra_args();
      argument->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    arguments.push_back(argument);
  }
  std::vector<CLI::Option*> options;
  for (const auto& option : signature.options) {
    std::string names = "--" + option.name;
    if (option.letter != 0) names += std::string(",-") + option.letter;
    CLI::Option* added = option.is_flag ? app.add_flag(names) : app.add_option(names);
    options.push_back(added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast));
  }

  std::vector<std::string> marked;
  for (const std::string& word : words) marked.push_back(Mark(word));
  std::reverse(marked.begin(), marked.end());  // CLI11 takes words from the back.
  try {
    app.parse(std::move(marked));
  } catch (const CLI::ArgumentMismatch&) {
    return Fail(ValueMissing(signature, words.back()));
  } catch (const CLI::Error& error) {
    return Fail(InvalidArgument("{}", error));
  }
  std::vector<std::string> rest = app.remaining();
  const auto end_of_options = std::find(rest.begin(), rest.end(), "--");
  if (end_of_options != rest.end()) rest.erase(end_of_options);
  if (!rest.empty()) return Fail(Unexpected(signature, Unmark(rest.front())));

  Arguments parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Result<std::vector<std::string>> values = ArgumentValues(signature.arguments[i], *arguments[i]);
    if (!values) return Fail(values.error());
    parsed.arguments[signature.arguments[i].name] = *std::move(values);
  }
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto& spec = signature.options[i];
    const std::vector<std::string>& given = options[i]->results();
    if (!spec.is_flag) {
      parsed.options[spec.name] = given.empty() ? spec.default_value : Unmark(given.back());
    } else if (!given.empty() && given.back() != "true") {
      return Fail(InvalidArgument("option --{} takes no value", spec.name));
    } else {
      parsed.flags[spec.name] = !given.empty();
    }
  }
  return parsed;
}

bool AsksForHelp(const Signature& signature, std::span<const std::string> words) {
  const bool own_h = std::any_of(signature.options.begin(), signature.options.end(),
                                 [](const Signature::OptionSpec& option) { return option.letter == 'h'; });
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "--help" || (word == "-h" && !own_h)) return true;
  }
  return false;
}

std::string HelpText(const Signature& signature, std::string_view program) {
  std::string usage = Format("{} {} [options]", program, signature.name);
  std::vector<Row> arguments;
  for (const auto& argument : signature.arguments) {
    usage += " " + Placeholder(argument);
    arguments.push_back({argument.name, WithDefault(argument.description, argument.default_value)});
  }
  std::vector<Row> options;
  bool own_h = false;
  for (const auto& option : signature.options) {
    own_h = own_h || option.letter == 'h';
    const std::string letter = option.letter != 0 ? std::string("-") + option.letter + ", " : std::string("    ");
    options.push_back({letter + "--" + option.name + (option.is_flag ? "" : "=VALUE"),
                       WithDefault(option.description, option.default_value)});
  }
  options.push_back({own_h ? "    --help" : "-h, --help", "Show this help"});

  int width = 0;
  for (const auto* rows : {&arguments, &options}) {
    for (const Row& row : *rows) width = std::max(width, DisplayWidth(row.left));
  }
  return (signature.description.empty() ? "" : signature.description + "\n\n") + "Usage:\n  " + usage + "\n" +
         Section("Arguments", arguments, width) + Section("Options", options, width);
}

}  // namespace rota
