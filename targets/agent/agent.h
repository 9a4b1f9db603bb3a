/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * Answers requests (protocol.h) by calls of the port (port.h) until QUIT or the end of the stream.
 * Called once by the platform's start-up code.
 */
void lsgd_agent_run(void);
