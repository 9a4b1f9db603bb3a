#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs a build, moves it, and uses it read-only as a user without rights, home and network.
#
#   check_installation.sh BUILD SOURCES
set -euo pipefail
build=$1
sources=$2
place=$(mktemp -d)
trap 'chmod -R u+w "$place"; rm -r "$place"' EXIT

stop() {
  printf 'check_installation.sh: %s\n' "$1" >&2
  exit 1
}

cmake --install "$build" --prefix "$place/first" >/dev/null
mv "$place/first" "$place/moved"
mkdir "$place/work"
chmod 755 "$place"
chmod -R a-w "$place/moved"
if grep -rIl -- "$build" "$place/moved" | grep .; then stop "these files name the build directory"; fi

# Only root can become nobody, and take the network away unless a container forbids it.
isolated=()
if ((EUID == 0)); then
  chown nobody "$place/work"
  ! unshare --net true 2>/dev/null || isolated=(unshare --net)
  isolated+=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
cd "$place/work"
installed() {
  "${isolated[@]}" env -i PATH=/usr/bin:/bin "$place/moved/bin/lsgd-conform" "$@" >output 2>&1 ||
    { tail -n 5 output >&2; stop "failed: lsgd-conform $*"; }
}
installed_fails() {
  "${isolated[@]}" env -i PATH=/usr/bin:/bin "$place/moved/bin/lsgd-conform" "$@" >output 2>&1
}
touch output
((EUID != 0)) || chown nobody output

# What came along.
installed run --suite smoke --target float32_c99-host-gcc_O2
grep -q 'report: reports/out/part/index.html' output || stop "no report in the working directory"
[[ -s reports/out/part/index.html ]] || stop "an empty report"
installed doctor
installed list cases
installed manual
zcmp -s output "$place/moved/share/man/man1/lsgd-conform.1.gz" || stop "another manual than the program's"

# A device of one's own: C sources that came along, any port, one command of gcc.
share=$place/moved/share/lsgd-conform
port=$sources/targets/ports/float32_c99
printf '#include "build_identity.h"\nconst uint8_t lsgd_build_identity[] = {1, 2, 3, 4, 5, 6, 7, 8};\n' \
  >"$place/identity.c"
gcc -std=c99 -O2 -ffp-contract=off -I"$share/targets/include" -I"$share/targets/agent" -I"$port" \
  "$port"/*.c "$place/identity.c" "$share"/targets/agent/*.c "$share/targets/platforms/host/platform.c" \
  @"$place/moved/lib/lsgd-conform/targets/platform-host.link" -o "$place/own"
cat >"$place/own.toml" <<'EOF'
format = "lsgd-target/1"
name = "own"
port = "float32_c99"
platform = "host"
variant = "gcc"
profile = "float32"
command = ["./own"]
[arithmetic]
activation_ulps = 1
EOF
for shard in 1 2; do
  installed run --suite smoke --seed 7 --target "$place/own.toml" --shard $shard/2 --out shard$shard
done
installed merge shard1/results.json shard2/results.json --out merged
grep -q '1 of 1 targets passed' output || stop "the shards of a device of one's own do not make a pass"
installed report merged/results.json --out rendered
cmp -s merged/index.html rendered/index.html || stop "another report of the same results"

# Folders to begin with, and a vendor's library: built with the installed program alone, as anybody.
cp -r "$sources/examples/acme_neural" "$place/acme"
rm -rf "$place/acme/build"
make -C "$place/acme" CONFORM="$place/moved/bin/lsgd-conform" >"$place/log" 2>&1 ||
  { tail -n 20 "$place/log" >&2; stop "the example of a vendor does not build"; }
installed run --suite smoke --target "$place/acme/acme_neural.toml" --filter 'level[123]/*' --out acme
grep -q '1 of 1 targets passed' output || stop "the example of a vendor does not pass levels 1 to 3"
! installed_fails run --suite smoke --target "$place/acme/acme_neural.toml" --filter 'level4/*' --out acme ||
  stop "a library with a heap passes level 4"
grep -q 'bytes of heap' output || stop "level 4 does not say what heap a library takes"
installed new mine --kind port
(cd mine && "${isolated[@]}" env -i PATH=/usr/bin:/bin make) >"$place/log" 2>&1 ||
  { tail -n 20 "$place/log" >&2; stop "a new port does not build"; }
installed run --suite smoke --target mine/mine.toml --out judged

# The agent by its name in a project of CMake.
cat >mine/CMakeLists.txt <<'EOF'
cmake_minimum_required(VERSION 3.16)
project(mine LANGUAGES C)
find_package(lsgd_agent REQUIRED)
file(STRINGS platform.link link)
add_executable(device port.c platform.c build/identity.c)
target_link_libraries(device PRIVATE lsgd_agent m ${link})
EOF
rm mine/lsgd.h mine/lsgd_agent.c
cmake -S mine -B by_cmake -DCMAKE_PREFIX_PATH="$place/moved" >"$place/log" 2>&1 && cmake --build by_cmake >>"$place/log" 2>&1 &&
  cp by_cmake/device mine/build/device || { tail -n 20 "$place/log" >&2; stop "find_package(lsgd_agent) does not build"; }
installed run --suite smoke --target mine/mine.toml --filter 'level4/*' --out judged

# Vectors, checked again.
installed vectors generate --model "$share/vectors/models/car/model.json" --data car --profile float32 --steps 2 --out set
installed vectors verify set

# The reference, by a project of ten lines.
mkdir "$place/consumer"
cat >"$place/consumer/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(lsgd 0.1 REQUIRED)
add_executable(consumer consumer.cpp)
target_link_libraries(consumer lsgd::reference)
EOF
cat >"$place/consumer/consumer.cpp" <<'EOF'
#include <cstdio>
#include <vector>

#include <lsgd/numbers/real.hpp>
#include <lsgd/step/float32_step.hpp>

int main() {
  const lsgd::Network network{{{1, 1, lsgd::Activation::sigmoid}}, lsgd::Loss::mse};
  const lsgd::Parameters<float> parameters{{{0.0f}, {0.0f}}};
  lsgd::StepTrace<lsgd::Exact> trace;
  lsgd::float32_forward(network, parameters, std::vector{1.0f}, lsgd::ArithmeticModel(), trace);
  std::printf("%g\n", static_cast<double>(trace[0].a.exact[0]));
}
EOF
cmake -S "$place/consumer" -B "$place/consumer/build" -DCMAKE_PREFIX_PATH="$place/moved" >"$place/log" 2>&1 &&
  cmake --build "$place/consumer/build" >>"$place/log" 2>&1 || { tail -n 20 "$place/log" >&2; stop "a project that uses lsgd::reference does not build"; }
[[ $("$place/consumer/build/consumer") == 0.5 ]] || stop "sigmoid of 0 is not a half"
