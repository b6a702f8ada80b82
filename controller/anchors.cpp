#include "controller/anchors.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mimar::controller {
namespace {

/// A label of a graph space taken apart: "macro.layer4.skip2" is {"macro.layer", 4, "skip", 2}.
struct GraphLabel {
  std::string family;  // whose places are numbered together
  int place = 0;       // of the layer or node
  std::string role;    // "skip", "input", "op", ...
  std::optional<int> number;
};

/// Takes a whole number off the front of `text`.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<GraphLabel> parse_graph_label(std::string_view label) {
  for (const std::string_view family :
       {"chain.layer", "macro.layer", "cell.normal.node", "cell.reduce.node"}) {
    if (!label.starts_with(family)) continue;
    std::string_view rest = label.substr(family.size());
    const std::optional<int> place = take_number(rest);
    if (!place || !rest.starts_with('.')) return std::nullopt;
    rest.remove_prefix(1);
    const std::size_t letters = rest.find_first_of("0123456789.");
    GraphLabel parts{std::string(family), *place, std::string(rest.substr(0, letters)), {}};
    rest.remove_prefix(std::min(letters, rest.size()));
    parts.number = take_number(rest);
    return parts;
  }
  return std::nullopt;
}

/// Numbers the anchors: the given ones first, then those that decisions leave, as they come.
class AnchorNumbers {
 public:
  /// A given anchor: the input of a network or cell.
  int given(const std::string& family, int place) { return number(given_, family, place); }
  int left(const std::string& family, int place) { return number(left_, family, place); }

  int num_given() const { return static_cast<int>(given_.size()); }
  int num_left() const { return static_cast<int>(left_.size()); }

 private:
  using Numbers = std::map<std::pair<std::string, int>, int>;

  static int number(Numbers& numbers, const std::string& family, int place) {
    const int next = static_cast<int>(numbers.size());
    return numbers.try_emplace({family, place}, next).first->second;
  }

  Numbers given_;
  Numbers left_;
};

/// Places below this are inputs. A chain's and a macro network's skips count the input as 0 and
/// layer k as k + 1; a cell's nodes are numbered with its two inputs first.
int num_inputs(const std::string& family) { return family.starts_with("cell.") ? 2 : 1; }

/// Left anchors are marked by negative numbers until the number of given ones is known.
int anchor_of(AnchorNumbers& numbers, const std::string& family, int source) {
  const int inputs = num_inputs(family);
  return source < inputs ? numbers.given(family, source)
                         : -1 - numbers.left(family, source - inputs);
}

void link_input(const space::SearchSpace& space, const GraphLabel& label, AnchorNumbers& numbers,
                Decision& decision) {
  const space::Domain& domain = space.parameters()[decision.parameter].domain;
  const auto* list = std::get_if<space::OrdinalDomain>(&domain);
  if (list == nullptr) return;
  std::vector<int> anchors;
  for (std::string_view text : list->values) {
    const std::optional<int> node = take_number(text);
    if (!node || !text.empty() || *node >= label.place) return;  // no node of this cell
    anchors.push_back(anchor_of(numbers, label.family, *node));
  }
  decision.scoring = Scoring::kInput;
  decision.anchors = std::move(anchors);
}

void link_skip(const GraphLabel& label, const std::optional<GraphLabel>& before,
               AnchorNumbers& numbers, Decision& decision) {
  if (!label.number || *label.number > label.place || decision.num_choices != 2) return;
  decision.scoring = Scoring::kSkip;
  decision.anchors = {anchor_of(numbers, label.family, *label.number)};
  decision.shares_step = before && before->role == "skip" && before->family == label.family &&
                         before->place == label.place;
}

/// The place in its family's order that a decision belongs to, from 0 after the inputs.
int own_place(const GraphLabel& label) {
  return label.family.starts_with("cell.") ? label.place - num_inputs(label.family) : label.place;
}

}  // namespace

AnchorCounts link_anchors(const space::SearchSpace& space, std::vector<Decision>& decisions) {
  AnchorNumbers numbers;
  std::map<std::pair<std::string, int>, std::size_t> last_of_place;
  std::optional<GraphLabel> before;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const std::optional<GraphLabel> label = parse_graph_label(decisions[i].label);
    if (label && label->role == "input" && label->number) {
      link_input(space, *label, numbers, decisions[i]);
    }
    if (label && label->role == "skip") link_skip(*label, before, numbers, decisions[i]);
    // What a layer is like is known after its operation; its skips come after that.
    if (label && decisions[i].scoring != Scoring::kSkip) {
      last_of_place[{label->family, own_place(*label)}] = i;
    }
    before = label;
  }
  const bool attends =
      std::any_of(decisions.begin(), decisions.end(),
                  [](const Decision& decision) { return !decision.anchors.empty(); });
  if (!attends) return {};
  for (const auto& [place, last] : last_of_place) {
    decisions[last].leaves_anchor = -1 - numbers.left(place.first, place.second);
  }
  const int given = numbers.num_given();
  for (Decision& decision : decisions) {
    for (int& anchor : decision.anchors) anchor = anchor < 0 ? given - 1 - anchor : anchor;
    if (decision.leaves_anchor) decision.leaves_anchor = given - 1 - *decision.leaves_anchor;
  }
  return {given + numbers.num_left(), given};
}

}  // namespace mimar::controller
