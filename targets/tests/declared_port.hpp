// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lsgd {

/// What the build says of the port that a test program is linked with, so that its tests are
/// compiled once for all ports: name or TOML file of its declaration, and whether it offers
/// softmax, the one function that a port may lack (port.h).
extern const char* const declaration_of_port;
extern const bool port_has_softmax;

}  // namespace lsgd
