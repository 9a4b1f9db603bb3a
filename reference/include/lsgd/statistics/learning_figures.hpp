// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lsgd/ensemble/lanes.hpp>
#include <lsgd/ensemble/reproducible_functions.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// What a network gets right on labelled samples (SPEC 12.2).
class LearningFigures {
 public:
  /// What all figures follow from.
  struct Sums {
    std::size_t outputs = 1;  ///< of the network
    std::size_t samples = 0;
    std::size_t agreements = 0;  ///< outputs on the target's side of one half
    double loss = 0;
    double squared_loss = 0;
    std::vector<std::size_t> confusion;  ///< [class of the label][class named]

    bool operator==(const Sums&) const = default;
  };

  /// @param outputs of the network; a single one tells two classes apart
  explicit LearningFigures(std::size_t outputs = 1) : classes_(std::max<std::size_t>(2, outputs)) {
    sums_.outputs = outputs;
    sums_.confusion.resize(classes_ * classes_);
  }
  /// Figures from sums() of others.
  explicit LearningFigures(Sums sums)
      : classes_(std::max<std::size_t>(2, sums.outputs)), sums_(std::move(sums)) {}

  const Sums& sums() const { return sums_; }

  void add(double loss, std::size_t label, std::size_t named, std::size_t agreements) {
    sums_.loss += loss;
    sums_.squared_loss += loss * loss;
    sums_.agreements += agreements;
    count(1, label, named);
  }

  /// Samples of class `label` that the network took for class `named`, without more of them.
  void count(std::size_t samples, std::size_t label, std::size_t named) {
    sums_.confusion[label * classes_ + named] += samples;
    sums_.samples += samples;
  }

  std::size_t classes() const { return classes_; }
  std::size_t samples() const { return sums_.samples; }

  /// Mean over the samples.
  double loss() const { return sums_.loss / static_cast<double>(sums_.samples); }
  /// Standard error of loss() as an estimate from this many samples.
  double loss_standard_error() const {
    const double count = static_cast<double>(sums_.samples);
    return std::sqrt(std::max(0.0, sums_.squared_loss / count - loss() * loss()) / count);
  }

  /// Samples of class `label` that the network took for class `named`.
  std::size_t confused(std::size_t label, std::size_t named) const {
    return sums_.confusion[label * classes_ + named];
  }

  /// Fraction of samples whose class the network names.
  double accuracy() const { return ratio(correct(), sums_.samples); }
  double accuracy_standard_error() const {
    return std::sqrt(accuracy() * (1 - accuracy()) / static_cast<double>(sums_.samples));
  }

  /// Fraction of outputs on the target's side of one half. With c classes a network that always
  /// says no reaches (c - 1) / c, so this is no accuracy, although it has been printed as one.
  double one_vs_rest_agreement() const {
    return ratio(sums_.agreements, sums_.samples * sums_.outputs);
  }

  /// Of the samples named as the class, how many are; 0 where none is.
  double precision(std::size_t of_class) const {
    std::size_t named = 0;
    for (std::size_t label = 0; label < classes_; ++label) named += confused(label, of_class);
    return ratio(confused(of_class, of_class), named);
  }

  /// Of the samples of the class, how many are named so; 0 where there is none.
  double recall(std::size_t of_class) const {
    std::size_t present = 0;
    for (std::size_t named = 0; named < classes_; ++named) present += confused(of_class, named);
    return ratio(confused(of_class, of_class), present);
  }

  /// Mean over the classes of the harmonic mean of precision and recall.
  double macro_f1() const {
    double sum = 0;
    for (std::size_t c = 0; c < classes_; ++c)
      if (confused(c, c) > 0) sum += 2 / (1 / precision(c) + 1 / recall(c));
    return sum / static_cast<double>(classes_);
  }

 private:
  static double ratio(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }

  std::size_t correct() const {
    std::size_t sum = 0;
    for (std::size_t c = 0; c < classes_; ++c) sum += confused(c, c);
    return sum;
  }

  std::size_t classes_;
  Sums sums_;
};

/// The figures of eight networks on the same samples.
class LearningEvaluation {
 public:
  explicit LearningEvaluation(const Network& network) : loss_(network.loss) {
    figures_.fill(LearningFigures(network.outputs()));
  }

  /// Evaluates every member of an ensemble on a sample of class `label`.
  template <class Ensemble>
  void add(Ensemble& members, const Sample& sample, std::size_t label) {
    members.evaluate(sample.inputs);
    add(members.outputs(), members.output_preactivations(), sample, label);
  }

  /// Judges outputs `a` with pre-activations `z`, one network in each lane.
  void add(const std::vector<Lanes>& a, const std::vector<Lanes>& z, const Sample& sample,
           std::size_t label) {
    Lanes loss;
    const LossOperations operations{z};
    for (std::size_t j = 0; j < a.size(); ++j)
      loss = loss + loss_value(loss_, operations, a[j], z[j], Lanes(sample.target[j]));
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      std::size_t named = a.size() == 1 && a[0][lane] > 0.5 ? 1 : 0;
      std::size_t agreements = 0;
      for (std::size_t j = 0; j < a.size(); ++j) {
        if (a.size() > 1 && a[j][lane] > a[named][lane]) named = j;
        agreements += (a[j][lane] > 0.5) == (sample.target[j] > 0.5f) ? 1 : 0;
      }
      figures_[lane].add(loss[lane], label, named, agreements);
    }
  }

  const LearningFigures& operator[](std::size_t lane) const { return figures_[lane]; }

 private:
  /// By the pre-activations, so that losses are finite where the output is 0 or 1.
  struct LossOperations {
    const std::vector<Lanes>& z_of_layer;

    /// ln(1 + e^z) - t z
    static Lanes cross_entropy(const Lanes&, const Lanes& z, const Lanes& t) {
      return reproducible_softplus(z) - t * z;
    }

    /// t (m + ln(sum of e^(z - m)) - z), m the largest z
    Lanes surprisal(const Lanes&, const Lanes& z, const Lanes& t) const {
      Lanes largest = z_of_layer.front();
      for (const Lanes& each : z_of_layer) largest = larger(largest, each);
      Lanes total = 0;
      for (const Lanes& each : z_of_layer) total = total + reproducible_exponential(each - largest);
      return t * (reproducible_logarithm(total) + (largest - z));
    }
  };

  Loss loss_;
  std::array<LearningFigures, lane_count> figures_;
};

}  // namespace lsgd
