// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace lsgd {

/// A serial line without a cable: what is written to one end is read at the other.
class PseudoTerminal {
 public:
  PseudoTerminal() : board_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    grantpt(board_);
    unlockpt(board_);
    path_ = ptsname(board_);
  }
  ~PseudoTerminal() { unplug(); }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  /// What the host opens.
  const std::string& path() const { return path_; }
  /// The board's end.
  int board() const { return board_; }
  void unplug() {
    if (board_ >= 0) close(std::exchange(board_, -1));
  }

 private:
  int board_;
  std::string path_;
};

}  // namespace lsgd
