// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cfloat>
#include <cstddef>
#include <cstdint>

// One rounding per operation and no library function: the same bits on every machine.
static_assert(FLT_EVAL_METHOD == 0, "double expressions must be evaluated in binary64");
#ifdef __FAST_MATH__
#error "the reference cannot be compiled with -ffast-math"
#endif

// Everything here is inline, so how vectors are passed between translation units does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace lsgd {

/// Computations that advance in lockstep, one per lane.
inline constexpr std::size_t lane_count = 8;

/// Lanes and their bits, in bytes. Said, because what a compiler would choose depends on the
/// instructions it may use.
inline constexpr std::size_t lane_alignment = 8 * lane_count;

using LaneBits __attribute__((vector_size(8 * lane_count), aligned(lane_alignment))) =
    std::uint64_t;

/// One binary64 number per lane. All operations are element by element and rounded as IEEE 754
/// says.
struct alignas(lane_alignment) Lanes {
  using Vector __attribute__((vector_size(8 * lane_count), aligned(lane_alignment))) = double;

  Vector value{};

  Lanes() = default;
  Lanes(double everywhere) : value(everywhere - Vector{}) {}
  Lanes(const Vector& values) : value(values) {}
  explicit Lanes(const LaneBits& bits) : value(reinterpret_cast<Vector>(bits)) {}

  double operator[](std::size_t lane) const { return value[lane]; }
  void set(std::size_t lane, double number) { value[lane] = number; }
  LaneBits bits() const { return reinterpret_cast<LaneBits>(value); }

  friend Lanes operator+(const Lanes& a, const Lanes& b) { return a.value + b.value; }
  friend Lanes operator-(const Lanes& a, const Lanes& b) { return a.value - b.value; }
  friend Lanes operator*(const Lanes& a, const Lanes& b) { return a.value * b.value; }
  friend Lanes operator/(const Lanes& a, const Lanes& b) { return a.value / b.value; }
  friend Lanes operator-(const Lanes& a) { return -a.value; }
};

/// All bits set where a < b, else none.
inline LaneBits less(const Lanes& a, const Lanes& b) {
  return reinterpret_cast<LaneBits>(a.value < b.value);
}

/// `yes` where the mask is set, else `no`.
inline Lanes select(const LaneBits& mask, const Lanes& yes, const Lanes& no) {
  return Lanes((mask & yes.bits()) | (~mask & no.bits()));
}

inline Lanes smaller(const Lanes& a, const Lanes& b) { return select(less(a, b), a, b); }
inline Lanes larger(const Lanes& a, const Lanes& b) { return select(less(a, b), b, a); }

inline Lanes magnitude(const Lanes& x) { return Lanes(x.bits() & 0x7fffffffffffffff); }

/// Nearest integer, ties to even, for |x| < 2^51.
inline Lanes nearest_integer(const Lanes& x) {
  constexpr double shift = 0x1.8p52;
  return (x + shift) - shift;
}

/// Largest integer not above x, for |x| < 2^51.
inline Lanes floor_of(const Lanes& x) {
  const Lanes nearest = nearest_integer(x);
  return nearest - select(less(x, nearest), Lanes(1), Lanes(0));
}

// All that `flatten` calls is inlined, so that no vector is passed between functions that may use
// different instructions. Other compilers, and gcc when it does not optimize, do not promise that.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
template <class Work>
__attribute__((flatten, target("avx512f,avx512dq,avx512bw,avx512vl"))) void with_512_bits(
    const Work& work) {
  work();
}

inline bool has_512_bits() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}
#else
template <class Work>
void with_512_bits(const Work& work) {
  work();
}

inline bool has_512_bits() { return false; }
#endif

/// Calls work(), where this machine has them with vectors of 512 bits: one instruction for an
/// operation on all lanes instead of four, and the same numbers.
template <class Work>
void with_widest_vectors(const Work& work) {
  static const bool has_wide = has_512_bits();
  if (has_wide)
    with_512_bits(work);
  else
    work();
}

}  // namespace lsgd
