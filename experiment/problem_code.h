#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mimar::experiment {

/// Every kind of mistake that a file can hold, by its number: kDuplicateKey is "M007". Numbers are
/// stable: users look them up in docs/reference/errors.md, which is written from problem_helps().
/// From 100 on: warnings.
enum class ProblemCode : int {
  kSyntax = 1,
  kNotText = 2,
  kTooLarge = 3,
  kTooDeep = 4,
  kTooManyNodes = 5,
  kTab = 6,
  kDuplicateKey = 7,
  kUnsupportedYaml = 8,
  kNoExperiment = 9,

  kWrongKind = 10,
  kMissingField = 11,
  kUnknownField = 12,
  kWrongType = 13,
  kUnknownValue = 14,
  kOutOfLimits = 15,
  kOctalNumber = 16,
  kBadName = 17,

  kTrialCounts = 20,
  kMetricNames = 21,
  kUnknownAlgorithm = 23,
  kAlgorithmNotBuilt = 24,
  kAlgorithmSetting = 25,
  kEarlyStoppingNotBuilt = 26,

  kNothingToSearch = 30,
  kMinNotBelowMax = 31,
  kNotANumber = 32,
  kFeasibleSpaceField = 33,
  kDuplicateValue = 34,
  kDuplicateName = 35,
  kLogNeedsPositive = 36,
  kStep = 37,
  kReservedName = 38,
  kCondition = 39,
  kConditionCycle = 40,
  kNasConfig = 41,

  kTemplateSource = 50,
  kTrialParameter = 51,
  kUnknownReference = 52,
  kPlaceholderMissing = 53,
  kPlaceholderUnknown = 54,
  kTemplateShape = 55,
  kUnknownJobField = 56,
  kJobFieldType = 57,
  kConditionsNeeded = 58,
  kPrimaryContainer = 59,
  kParameterUnused = 60,
  kNetworkQuotes = 61,
  kConditionPath = 62,
  kReplicas = 63,
  kConfigMap = 64,

  kMetricsPath = 70,
  kMetricsFormat = 71,
  kMetricsFilter = 72,
  kHttpGet = 73,
  kCustomCollector = 74,

  kNoSuchConstant = 80,
  kInitialPoint = 81,
  kWarmStart = 82,
  kController = 83,
  kConstraint = 84,
  kGoalOutOfReach = 85,

  kTruthWord = 101,
  kDistributionList = 102,
  kFieldIgnored = 103,
  kInactiveElsewhere = 104,
  kNoLocalForm = 105,
  kMetricLikeParameter = 106,
  kUnknownType = 107,
  kPageOverHttps = 108,
  kOneAtATime = 109,
};

/// "M007".
std::string to_string(ProblemCode code);

/// What docs/reference/errors.md says about a code.
struct ProblemHelp {
  ProblemCode code;
  std::string_view title;
  std::string_view cause;
};

/// All codes in order.
std::span<const ProblemHelp> problem_helps();

/// docs/reference/errors.md: every code with what causes it.
std::string errors_page();

}  // namespace mimar::experiment
