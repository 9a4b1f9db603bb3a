#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A float32 network in Python: put yours in place of forward and train_step."""
import math

from lsgd_device import BCE, RELU, SIGMOID, TANH, Device, binary32, serve


def sigmoid(z):
    power = math.exp(-abs(z))
    return (1.0 if z > 0 else power) / (1.0 + power)


class Network(Device):
    name = "@NAME@"

    def configure(self, network):
        return max(network.activations) <= TANH

    def forward(self, x):
        functions = {RELU: lambda z: z if z > 0 else 0.0, SIGMOID: sigmoid, TANH: math.tanh}
        for l, kind in enumerate(self.network.activations):
            rows = len(x)
            outputs = []
            for j, bias in enumerate(self.biases[l]):
                z = bias
                for weight, value in zip(self.weights[l][j * rows:(j + 1) * rows], x):
                    z = binary32(z + binary32(weight * value))
                outputs.append(binary32(functions.get(kind, float)(z)))
            self.activations[l] = x = outputs

    def train_step(self, x, t, learning_rate):
        self.forward(x)
        slopes = {RELU: lambda a: float(a > 0), SIGMOID: lambda a: binary32(a * binary32(1 - a)),
                  TANH: lambda a: binary32(1 - binary32(a * a))}
        error = [binary32(a - target) for a, target in zip(self.activations[self.network.layers - 1], t)]
        for l in reversed(range(self.network.layers)):
            is_plain = self.network.loss == BCE and l == self.network.layers - 1
            slope = slopes.get(self.network.activations[l], lambda a: 1.0)
            delta = error if is_plain else [binary32(e * slope(a)) for e, a in zip(error, self.activations[l])]
            before, weights = (self.activations[l - 1] if l > 0 else x), self.weights[l]
            error = [0.0] * len(before)
            for j, d in enumerate(delta):
                step = binary32(learning_rate * d)
                for i, value in enumerate(before):
                    k = j * len(before) + i
                    error[i] = binary32(error[i] + binary32(weights[k] * d))
                    weights[k] = binary32(weights[k] - binary32(step * value))
                self.biases[l][j] = binary32(self.biases[l][j] - step)


serve(Network())
