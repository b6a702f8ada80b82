#include "controller/policy_options.h"

#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "space/json_reader.h"

namespace mimar::controller {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kMostHidden = 4096;
constexpr std::size_t kMostFixed = 100'000;

/// One numeric option: under which name settings and saved policies have it, and where it is.
struct Field {
  std::string_view setting;  // Katib's; empty: not to be set
  std::string_view member;   // of the JSON form
  std::function<double(const PolicyOptions&)> get;
  std::function<void(PolicyOptions&, double)> set;
  double low = 0.0;  // must be above, or equal where low_included
  double high = kInfinity;
  bool low_included = false;
  bool is_whole = false;
};

template <class Number, class Access>
Field field(std::string_view setting, std::string_view member, Access access, double high,
            bool low_included = false) {
  return {setting,
          member,
          [access](const PolicyOptions& options) { return static_cast<double>(access(options)); },
          [access](PolicyOptions& options, double value) {
            access(options) = static_cast<Number>(value);
          },
          0.0,
          high,
          low_included,
          std::is_integral_v<Number>};
}

#define MIMAR_OPTION(path) \
  [](auto& o) -> auto& { return o.path; }

const std::vector<Field>& fields() {
  static const std::vector<Field> all = {
      field<int>("controller_hidden_size", "hiddenSize", MIMAR_OPTION(network.hidden_size),
                 kMostHidden),
      field<double>("controller_skip_target", "skipTarget", MIMAR_OPTION(network.skip_target), 1.0),
      field<double>("", "headTanhReduce", MIMAR_OPTION(network.head_tanh_reduce), kInfinity),
      field<double>("controller_learning_rate", "learningRate", MIMAR_OPTION(adam.learning_rate),
                    1.0),
      field<double>("", "beta1", MIMAR_OPTION(adam.beta1), 1.0, true),
      field<double>("", "beta2", MIMAR_OPTION(adam.beta2), 1.0, true),
      field<double>("", "epsilon", MIMAR_OPTION(adam.epsilon), kInfinity),
      field<double>("controller_baseline_decay", "baselineDecay", MIMAR_OPTION(baseline_decay),
                    1.0),
      field<double>("controller_entropy_weight", "entropyWeight", MIMAR_OPTION(entropy_weight),
                    kInfinity, true),
      field<double>("controller_skip_weight", "skipWeight", MIMAR_OPTION(skip_weight), kInfinity,
                    true),
      field<int>("controller_train_steps", "trainSteps", MIMAR_OPTION(train_steps), 1e6),
      field<double>("", "ratioLimit", MIMAR_OPTION(ratio_limit), kInfinity),
      field<double>("ppo_clip", "ppoClip", MIMAR_OPTION(ppo_clip), 1.0),
      field<int>("ppo_batch", "ppoBatch", MIMAR_OPTION(ppo_batch), 1e6),
  };
  return all;
}

#undef MIMAR_OPTION

void set_checked(const Field& field, std::string_view name, double value, PolicyOptions& options) {
  const bool above = field.low_included ? field.low <= value : field.low < value;
  require(above && value <= field.high, name, " must be ",
          field.low_included ? "at least " : "above ", field.low,
          field.high < kInfinity ? concat(" and at most ", field.high) : "", ", got ",
          to_text(value));
  require(!field.is_whole || value == static_cast<double>(static_cast<std::int64_t>(value)), name,
          " must be a whole number, got ", to_text(value));
  field.set(options, value);
}

/// The settings that may be "None" and are no plain number: true when `name` is one.
bool set_bound(std::string_view name, const std::optional<double>& value, PolicyOptions& options) {
  if (name != "controller_temperature" && name != "controller_tanh_const") return false;
  require(!value || *value > 0.0, name, " must be above 0, got ", to_text(value.value_or(0.0)));
  (name == "controller_temperature" ? options.network.temperature : options.network.tanh_constant) =
      value;
  return true;
}

void set_gradient(const std::string& value, PolicyOptions& options) {
  require(value == "reinforce" || value == "ppo", "policy_gradient must be reinforce or ppo, got ",
          value);
  options.gradient = value == "ppo" ? PolicyGradient::kPpo : PolicyGradient::kReinforce;
}

void set(const std::string& name, const std::string& text, PolicyOptions& options) {
  if (name == "policy_gradient") return set_gradient(text, options);
  const std::optional<double> value = text == "None" ? std::nullopt : find_double(text);
  require(value || text == "None", name, " must be a number, got ", text);
  if (set_bound(name, value, options)) return;
  for (const Field& field : fields()) {
    if (field.setting.empty() || field.setting != name) continue;
    require(value || field.low_included, name, " must be a number, got None");
    set_checked(field, name, value.value_or(0.0), options);
    return;
  }
  fail(ErrorCode::kInvalidArgument, "unknown setting of enas: ", name);
}

}  // namespace

PolicyOptions read_settings(const std::map<std::string, std::string, std::less<>>& settings,
                            PolicyOptions defaults) {
  for (const auto& [name, text] : settings) {
    // The seed is the experiment's; the interval of log lines has no meaning here.
    if (name == "random_state" || name == "controller_log_every_steps") continue;
    set(name, text, defaults);
  }
  return defaults;
}

Json to_json(const PolicyOptions& options) {
  Json json = Json::object();
  for (const Field& field : fields()) json[field.member] = field.get(options);
  if (options.network.temperature) json["temperature"] = *options.network.temperature;
  if (options.network.tanh_constant) json["tanhConstant"] = *options.network.tanh_constant;
  json["policyGradient"] = options.gradient == PolicyGradient::kPpo ? "ppo" : "reinforce";
  json["fixedLogits"] = Json::object();
  for (const auto& [label, logits] : options.network.fixed_logits) {
    json["fixedLogits"][label] = logits;
  }
  return json;
}

PolicyOptions parse_policy_options(const Json& json) {
  const space::JsonReader reader(json);
  PolicyOptions options;
  for (const Field& field : fields()) {
    if (!reader.has(field.member)) reader.reject(concat("key \"", field.member, "\" is missing"));
    set_checked(field, field.member, reader.at(field.member).number(), options);
  }
  const auto bound = [&](std::string_view member) -> std::optional<double> {
    return reader.has(member) ? std::optional(reader.at(member).number()) : std::nullopt;
  };
  set_bound("controller_temperature", bound("temperature"), options);
  set_bound("controller_tanh_const", bound("tanhConstant"), options);
  if (!reader.has("policyGradient") || !reader.has("fixedLogits")) {
    reader.reject("policyGradient or fixedLogits are missing");
  }
  set_gradient(reader.at("policyGradient").text(16), options);
  for (const auto& [label, logits] : reader.at("fixedLogits").members(kMostFixed)) {
    for (const space::JsonReader& logit : logits.elements(1, kMostFixed)) {
      options.network.fixed_logits[label].push_back(logit.number());
    }
  }
  return options;
}

}  // namespace mimar::controller
