// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "kit/kit_file.hpp"

namespace lsgd {

/// Where build systems of others look for the files of a library.
enum class AgentLayout { plain, cmake, arduino, platformio, zephyr, esp_idf };

/// Their names on the command line.
inline constexpr std::array<std::pair<std::string_view, AgentLayout>, 6> agent_layouts{
    {{"plain", AgentLayout::plain},
     {"cmake", AgentLayout::cmake},
     {"arduino", AgentLayout::arduino},
     {"platformio", AgentLayout::platformio},
     {"zephyr", AgentLayout::zephyr},
     {"esp-idf", AgentLayout::esp_idf}}};

/// lsgd.h and lsgd_agent.c, C99 and C++11 made of targets/include and targets/agent, and what a
/// layout has beside them.
std::vector<KitFile> agent_files(AgentLayout layout);

/// platform.c and platform.link: lsgd.h's platform as a process of this machine.
std::vector<KitFile> host_platform_files();

/// mailbox.h and mailbox.c: how bytes come and go on a board that has no link but its debugger.
std::vector<KitFile> mailbox_files();

/// lsgd_adapter.h and lsgd_adapter.c: a port by the functions of somebody's library.
std::vector<KitFile> adapter_files();

/// lsgd_device.py: the protocol in Python's standard library.
std::vector<KitFile> python_files();

}  // namespace lsgd
