// SPDX-License-Identifier: Apache-2.0
#include "explanation/placed_change.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <vector>

namespace lsgd {
namespace {

/// What is known of a place, and what may be wrong about it.
struct PlaceEntry {
  Place place;
  std::string_view name;
  std::string_view words;  ///< behind "takes"
  std::string_view clause;
  /// A letter for each: 0 for zero, - with the other sign, * times a power of two, c with fewer
  /// bits than are declared, and p, n, f, 4, l from the previous, next, first, first of four or
  /// last place. What has a deviation of its own is not among them.
  std::string_view kinds;
};

constexpr std::array place_entries{
    PlaceEntry{Place::bias, "bias", "the bias of a sum", "2.4", "-*cpf4l"},
    PlaceEntry{Place::weights_of_a_neuron, "weights_of_a_neuron", "the weights of a neuron", "2.4",
               "pnf4l"},
    PlaceEntry{Place::input, "input", "the inputs of a sum", "2.4", "0-*cpnf4l"},
    PlaceEntry{Place::pre_activation, "pre_activation", "the sum of a neuron", "2.4", "0-*cpnf4l"},
    PlaceEntry{Place::activation, "activation", "activations", "2.2", "0-*"},
    PlaceEntry{Place::target, "target", "targets", "2.5", "0-*cpf4l"},
    PlaceEntry{Place::output_delta, "output_delta", "output deltas", "2.5", "0*c"},
    PlaceEntry{Place::row_of_the_hidden_delta, "row_of_the_hidden_delta",
               "rows of weights in the hidden delta", "2.6", "pnf4l"},
    PlaceEntry{Place::column_of_the_hidden_delta, "column_of_the_hidden_delta",
               "columns of weights in the hidden delta", "2.6", "pnf4l"},
    PlaceEntry{Place::delta_above, "delta_above", "deltas above in the hidden delta", "2.6",
               "pnf4l"},
    PlaceEntry{Place::hidden_sum, "hidden_sum", "the sum of a hidden delta", "2.6", "0-*c"},
    PlaceEntry{Place::activation_of_the_derivative, "activation_of_the_derivative",
               "activations in the derivative", "2.6", "pnf4l"},
    PlaceEntry{Place::delta_of_the_update, "delta_of_the_update", "deltas in the update", "2.7",
               "pnf4l"},
    PlaceEntry{Place::input_of_the_update, "input_of_the_update", "inputs in the update", "2.7",
               "pnf4l"},
    PlaceEntry{Place::change_of_weights, "change_of_weights", "changes of weights", "2.7", "-*c"},
    PlaceEntry{Place::change_of_biases, "change_of_biases", "changes of biases", "2.7", "*pnf4l"},
    PlaceEntry{Place::derivative, "derivative", "the derivative", "2.6", "c"},
    PlaceEntry{Place::output, "output", "outputs in the output delta", "2.5", "0-*"},
    PlaceEntry{Place::network_input, "network_input", "the inputs of the network", "2.1", "c"},
};

const PlaceEntry& entry_of(Place place) { return place_entries[static_cast<std::size_t>(place)]; }

constexpr std::array displaced_names{"", "previous", "next", "first", "first_of_four", "last"};
constexpr std::array displaced_words{"",
                                     "from the place before",
                                     "from the place behind",
                                     "from the first place",
                                     "from the first of four places",
                                     "from the last place"};

constexpr int largest_exponent = 5;

// From what is nearly all to what is nearly nothing: the fewest that leave room enough are found.
constexpr std::array numbers_of_bits{22, 18, 14, 11, 8};

std::vector<PlacedChange> all_placed_changes() {
  std::vector<PlacedChange> changes;
  for (const PlaceEntry& entry : place_entries)
    for (const char kind : entry.kinds) {
      constexpr std::string_view displacements = " pnf4l";
      const std::size_t displacement = displacements.find(kind);
      if (kind == '*') {
        for (int exponent = 1; exponent <= largest_exponent; ++exponent)
          for (const int each : {exponent, -exponent})
            changes.push_back({entry.place, Displacement::none, 1, each});
      } else if (kind == 'c') {
        for (const int bits : numbers_of_bits)
          changes.push_back({entry.place, Displacement::none, 1, 0, bits});
      } else if (displacement != std::string_view::npos) {
        changes.push_back({entry.place, static_cast<Displacement>(displacement), 1, 0});
      } else {
        changes.push_back({entry.place, Displacement::none, kind == '-' ? -1 : 0, 0});
      }
    }
  return changes;
}

}  // namespace

std::size_t PlacedChange::index_of(std::size_t index, std::size_t count) const {
  switch (displacement) {
    case Displacement::none:
      return index;
    case Displacement::previous:
      return index == 0 ? 0 : index - 1;
    case Displacement::next:
      return std::min(index + 1, count - 1);
    case Displacement::first:
      return 0;
    case Displacement::first_of_four:
      return index / 4 * 4;
    case Displacement::last:
      return count - 1;
  }
  return index;
}

double PlacedChange::factor() const { return std::ldexp(sign, exponent); }

std::string PlacedChange::name() const {
  const std::string_view place_name = entry_of(place).name;
  if (displacement != Displacement::none)
    return fmt::format("{}_from_{}", place_name,
                       displaced_names[static_cast<std::size_t>(displacement)]);
  if (kept_bits != 0) return fmt::format("{}_of_fewer_bits", place_name);
  if (sign == 0) return fmt::format("{}_as_zero", place_name);
  if (sign < 0) return fmt::format("{}_inverted", place_name);
  return exponent > 0 ? fmt::format("{}_times_{}", place_name, 1 << exponent)
                      : fmt::format("{}_over_{}", place_name, 1 << -exponent);
}

std::string PlacedChange::sentence() const {
  const std::string_view words = entry_of(place).words;
  if (displacement != Displacement::none)
    return fmt::format("takes {} {}", words,
                       displaced_words[static_cast<std::size_t>(displacement)]);
  if (kept_bits != 0) return fmt::format("keeps {} with about {} bits", words, kept_bits);
  if (sign == 0) return fmt::format("takes {} for 0", words);
  if (sign < 0) return fmt::format("takes {} with the other sign", words);
  return exponent > 0 ? fmt::format("takes {} {} times as large", words, 1 << exponent)
                      : fmt::format("takes {} divided by {}", words, 1 << -exponent);
}

std::string_view PlacedChange::clause() const { return entry_of(place).clause; }

std::span<const PlacedChange> placed_changes() {
  static const std::vector<PlacedChange> changes = all_placed_changes();
  return changes;
}

}  // namespace lsgd
