/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** @file UART 0 of the MPS2 boards, a CMSDK APB UART. */

#include "register.h"

#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CONTROL REGISTER(0x40004008u)
#define UART_INTERRUPT REGISTER(0x4000400cu)
#define UART_BAUD_DIVISOR REGISTER(0x40004010u)

/* State. */
#define TRANSMITTER_FULL 0x1u
#define RECEIVER_FULL 0x2u

/* Control. */
#define ENABLE_TRANSMITTER 0x1u
#define ENABLE_RECEIVER_WITH_INTERRUPT 0xau

/* Interrupt. */
#define RECEIVE_INTERRUPT 0x2u

#define SMALLEST_BAUD_DIVISOR 16
