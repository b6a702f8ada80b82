#include "service/katib/external_sampler.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/number_text.h"
#include "base/rng.h"
#include "hpo/sampler.h"
#include "proto/katib/api.grpc.pb.h"
#include "service/katib/experiment_form.h"
#include "service/katib/trial_form.h"

namespace mimar::service {
namespace {

/// As long as Katib's controller waits.
constexpr std::chrono::seconds kTimeout{60};

[[noreturn]] void fail_answer(const std::string& endpoint, const grpc::Status& status) {
  const bool is_rejected = status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
                           status.error_code() == grpc::StatusCode::UNKNOWN;
  fail(is_rejected ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable, "the algorithm at ",
       endpoint, is_rejected ? " says: " : " cannot be asked: ", status.error_message());
}

/// The value of a countable domain that lies nearest to `steps` steps above its lowest.
space::Value nearest_of_grid(const space::Domain& domain, double steps) {
  const double last = static_cast<double>(space::num_values(domain).value_or(1) - 1);
  return space::value_at(domain,
                         static_cast<std::uint64_t>(std::clamp(std::round(steps), 0.0, last)));
}

/// The nearest value of a domain of numbers.
space::Value nearest(const space::RealDomain& domain, double value) {
  value = std::clamp(value, domain.low, domain.high);
  if (!domain.step) return value;
  return nearest_of_grid(domain, (value - domain.low) / *domain.step);
}

space::Value nearest(const space::IntegerDomain& domain, double value) {
  return nearest_of_grid(
      domain, (value - static_cast<double>(domain.low)) / static_cast<double>(domain.step));
}

/// A choice by its text, or by its number where it is written otherwise ("2.0" for "2").
space::Value choose(const std::vector<std::string>& choices, const std::string& name,
                    const std::string& text) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  const auto number = find_double(text);
  for (const std::string& choice : choices) {
    if (number && find_double(choice) == number) return choice;
  }
  fail(ErrorCode::kFailedPrecondition, "\"", text, "\" is none of the values of ", name);
}

struct ValueReader {
  const std::string& name;
  const std::string& text;

  space::Value operator()(const space::RealDomain& domain) const {
    return nearest(domain, number());
  }
  space::Value operator()(const space::IntegerDomain& domain) const {
    return nearest(domain, number());
  }
  space::Value operator()(const space::OrdinalDomain& domain) const {
    return choose(domain.values, name, text);
  }
  space::Value operator()(const space::CategoricalDomain& domain) const {
    return choose(domain.values, name, text);
  }

 private:
  double number() const {
    const auto value = find_double(text);
    if (!value || !std::isfinite(*value)) {
      fail(ErrorCode::kFailedPrecondition, name, " must be a number, not \"", text, '"');
    }
    return *value;
  }
};

class ExternalSampler final : public hpo::Sampler {
 public:
  explicit ExternalSampler(const experiment::Experiment& experiment)
      : Sampler(experiment.spec.directions()),
        experiment_(experiment),
        space_(experiment::search_space(experiment.spec)),
        message_(to_message(experiment)) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetMaxSendMessageSize(-1);
    service_ = katib::Suggestion::NewStub(
        grpc::CreateCustomChannel(endpoint(), grpc::InsecureChannelCredentials(), arguments));
  }

  std::vector<hpo::Proposal> propose(const hpo::History& history, int count) override {
    if (count == 0) return {};
    if (!std::exchange(is_validated_, true)) validate();
    katib::GetSuggestionsRequest request;
    *request.mutable_experiment() = message_;
    for (katib::Trial& trial : to_trials(experiment_, history)) {
      request.mutable_trials()->Add(std::move(trial));
    }
    request.set_current_request_number(count);
    request.set_total_request_number(static_cast<int>(history.next_number()) + count);
    katib::GetSuggestionsReply reply;
    grpc::ClientContext context;
    prepare(context);
    const grpc::Status status = service_->GetSuggestions(&context, request, &reply);
    if (!status.ok()) fail_answer(endpoint(), status);
    return read(reply, count);
  }

 private:
  const std::string& endpoint() const { return experiment_.spec.algorithm.endpoint; }

  static void prepare(grpc::ClientContext& context) {
    context.set_wait_for_ready(true);  // a service may take a while to start
    context.set_deadline(std::chrono::system_clock::now() + kTimeout);
  }

  /// What Katib's controller makes of the answer: only these codes are a rejection.
  void validate() {
    katib::ValidateAlgorithmSettingsRequest request;
    *request.mutable_experiment() = message_;
    katib::ValidateAlgorithmSettingsReply reply;
    grpc::ClientContext context;
    prepare(context);
    const grpc::Status status = service_->ValidateAlgorithmSettings(&context, request, &reply);
    switch (status.error_code()) {
      case grpc::StatusCode::OK:
      case grpc::StatusCode::UNIMPLEMENTED:
        return;
      case grpc::StatusCode::INVALID_ARGUMENT:
      case grpc::StatusCode::UNKNOWN:
      case grpc::StatusCode::UNAVAILABLE:
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        is_validated_ = false;
        fail_answer(endpoint(), status);
      default:
        log_warn("the algorithm's settings could not be checked",
                 {{"endpoint", endpoint()}, {"error", status.error_message()}});
    }
  }

  std::vector<hpo::Proposal> read(const katib::GetSuggestionsReply& reply, int count) const {
    std::vector<hpo::Proposal> proposals;
    try {
      if (reply.parameter_assignments_size() != count) {
        fail(ErrorCode::kFailedPrecondition, "asked for ", count, " proposals it gave ",
             reply.parameter_assignments_size());
      }
      for (const auto& assignments : reply.parameter_assignments()) {
        // The same point again is the service's right: it may want to average.
        proposals.push_back({.assignment = read(assignments),
                             .replicate = true,
                             .labels = {{kAssignmentsLabel, to_label(assignments)}}});
      }
    } catch (const Error& error) {
      fail(ErrorCode::kFailedPrecondition, "the algorithm at ", endpoint(),
           " breaks Katib's contract: ", error.what());
    }
    return proposals;
  }

  space::Assignment read(
      const katib::GetSuggestionsReply::ParameterAssignments& assignments) const {
    experiment::GivenValues texts;
    for (const katib::ParameterAssignment& one : assignments.assignments()) {
      texts[one.name()] = one.value();
    }
    space::Assignment result = take_architecture(experiment_, texts);
    for (const space::Parameter& parameter : experiment_.spec.parameters) {
      const auto text = texts.find(parameter.name);
      if (text == texts.end()) {
        fail(ErrorCode::kFailedPrecondition, "a proposal lacks ", parameter.name);
      }
      result[parameter.name] =
          std::visit(ValueReader{parameter.name, text->second}, parameter.domain);
      texts.erase(text);
    }
    if (!texts.empty()) {
      fail(ErrorCode::kFailedPrecondition, "a proposal has ", texts.begin()->first,
           ", which is no parameter");
    }
    const std::vector<std::string> problems = space_.problems(result);
    if (!problems.empty()) fail(ErrorCode::kFailedPrecondition, problems.front());
    return result;
  }

  experiment::Experiment experiment_;
  space::SearchSpace space_;
  katib::Experiment message_;
  std::unique_ptr<katib::Suggestion::Stub> service_;
  bool is_validated_ = false;
};

}  // namespace

std::unique_ptr<hpo::Sampler> make_external_sampler(const experiment::Experiment& experiment) {
  return std::make_unique<ExternalSampler>(experiment);
}

}  // namespace mimar::service
