# SPDX-License-Identifier: Apache-2.0
"""A device under test in Python's standard library: anything that trains becomes a target of lsgd-conform.

    from lsgd_device import Device, serve

    class Mine(Device):
        name = "mine"                                   # as `port` in the target file

        def forward(self, x):                           # fills self.activations from self.weights and self.biases
            ...

        def train_step(self, x, t, learning_rate):      # the same, then changes weights and biases
            ...

    serve(Mine())

Layers count from 0 here. self.weights[l] is a list of outputs * inputs numbers, row by row: that of neuron j for
input i is at j * inputs + i. self.biases[l] and self.activations[l] have one for each neuron. In profile float32 they
are floats, which leave the device rounded to binary32; in another profile they are integer codes.
"""
import hashlib
import os
import struct
import sys
import zlib

# Written by `lsgd-conform export`: how many activation functions port.h numbers, and by profile the digest, and for each
# tensor of port.h bytes of a code and extent (per network, layer, neuron, weight).
ACTIVATION_FUNCTIONS = 0
ARITHMETICS = {}

IDENTITY, RELU, SIGMOID, TANH, LEAKY_RELU, SOFTMAX = range(6)
MSE, BCE, CROSS_ENTROPY = range(3)
WEIGHTS, BIASES, ACTIVATIONS = range(3)
INPUT, TARGET = 5, 6
PER_NETWORK, PER_LAYER, PER_NEURON, PER_WEIGHT = range(4)

# Statuses of port.h and protocol.h.
OK, UNSUPPORTED, CAPACITY_EXCEEDED, OUT_OF_RANGE = range(4)
BAD_VERSION, BAD_SEQUENCE, UNKNOWN_OPCODE, BAD_LENGTH, NOT_CONFIGURED, BAD_NETWORK, BAD_TENSOR = range(16, 23)

(HELLO, CONFIGURE, LOAD, STORE, FORWARD, TRAIN_STEP, ARITHMETIC, MEASURE, QUIT, DIGEST, RELOAD,
 STORE_LOW) = range(1, 13)
PROTOCOL, INTERFACE, REPLY = 3, 2, 0x80
MAGIC, HEADER, PAYLOAD_MAXIMUM, CRC = b"LS", 6, 240, 4
DIGEST_MAXIMUM, STORE_LOW_MAXIMUM = 32, 168


def binary32(number):
    """The number rounded to binary32, as a float."""
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def pack_binary32(numbers):
    return struct.pack("<%df" % len(numbers), *[binary32(number) for number in numbers])


class Network:
    """sizes d_0..d_L; for each layer an activation function, from IDENTITY on; MSE or BCE."""

    def __init__(self, sizes, activations, loss):
        self.sizes, self.activations, self.loss = sizes, activations, loss

    @property
    def layers(self):
        return len(self.activations)


class Device:
    """What is judged. Subclasses define forward and train_step, and perhaps the others."""

    name = "device"
    profile = "float32"
    # Capacities: what configure is asked for at most.
    layers, inputs, width, activation_count, parameter_count = 8, 784, 320, 1280, 98304

    def configure(self, network):
        """Starts afresh; every parameter is zero. False where the network is not supported."""
        return True

    def forward(self, x):
        raise NotImplementedError

    def train_step(self, x, t, learning_rate):
        raise NotImplementedError

    def arithmetic(self, operation, a, b):
        """One operation of level 0 on patterns of 32 bits; None where it is not offered."""
        return None

    def stored(self, tensor, layer):
        """The numbers of a tensor that the host asks for: from where the model has them, if not in the lists."""
        return self.tensors[tensor, layer]

    def loaded(self, tensor, layer):
        """Called when the host has changed a parameter tensor of the lists."""

    # Lists by layer.
    @property
    def weights(self):
        return self._by_layer(WEIGHTS)

    @property
    def biases(self):
        return self._by_layer(BIASES)

    @property
    def activations(self):
        return self._by_layer(ACTIVATIONS)

    def _by_layer(self, tensor):
        return _Layers(self.tensors, tensor)


class _Layers:
    """tensors[kind, l + 1] by [l]: reading and replacing whole lists."""

    def __init__(self, tensors, kind):
        self.tensors, self.kind = tensors, kind

    def __getitem__(self, layer):
        return self.tensors[self.kind, layer + 1]

    def __setitem__(self, layer, numbers):
        if len(numbers) != len(self.tensors[self.kind, layer + 1]):
            raise ValueError("expected %d numbers in layer %d, found %d"
                             % (len(self.tensors[self.kind, layer + 1]), layer, len(numbers)))
        self.tensors[self.kind, layer + 1] = numbers


def build_identity(*files):
    """The first eight bytes of a hash of files: by default of the program and of this one."""
    digest = hashlib.sha256()
    for file in files or (sys.argv[0], __file__):
        with open(file, "rb") as source:
            digest.update(source.read())
    return digest.digest()[:8]


class _Agent:
    def __init__(self, device, read, write, identity):
        self.device, self.read, self.write, self.identity = device, read, write, identity
        digest, self.codes = ARITHMETICS[device.profile]
        self.digest = bytes.fromhex(digest)
        self.network = None
        self.held, self.nonce, self.expected = b"", None, 0

    def receive(self):
        """The next request, sequence and payload; None at the end of the stream."""
        while True:
            start = self.held.find(MAGIC)
            if start < 0:
                self.held = self.held[-1:] if self.held[-1:] == MAGIC[:1] else b""
            else:
                self.held = self.held[start:]
                if len(self.held) >= HEADER:
                    length = self.held[2]
                    end = HEADER + length + CRC
                    if length > PAYLOAD_MAXIMUM or (len(self.held) >= end and not self.is_good(end)):
                        self.held = self.held[1:]
                        continue
                    if len(self.held) >= end:
                        frame, self.held = self.held[:end], self.held[end:]
                        return frame[3], struct.unpack("<H", frame[4:6])[0], frame[HEADER:-CRC]
            more = self.read()
            if not more:
                return None
            self.held += more

    def is_good(self, end):
        is_hello = self.held[3] == HELLO
        if not is_hello and self.nonce is None:
            return False
        crc = zlib.crc32(self.held[2:end - CRC], 0 if is_hello else self.nonce)
        return struct.pack("<I", crc) == self.held[end - CRC:end]

    def send(self, opcode, sequence, payload):
        body = bytes([len(payload), opcode | REPLY]) + struct.pack("<H", sequence) + payload
        self.write(MAGIC + body + struct.pack("<I", zlib.crc32(body, self.nonce or 0)))

    def run(self):
        answers = {HELLO: self.hello, CONFIGURE: self.configure, LOAD: self.load, STORE: self.store,
                   FORWARD: self.forward, TRAIN_STEP: self.train_step, ARITHMETIC: self.arithmetic,
                   MEASURE: self.measure, QUIT: self.quit, DIGEST: self.crc_of_tensors, RELOAD: self.reload,
                   STORE_LOW: self.store_low}
        last_status = OK
        while True:
            request = self.receive()
            if request is None:
                return
            opcode, sequence, payload = request
            status, data = BAD_SEQUENCE, b""
            if opcode == HELLO or sequence == self.expected:
                self.expected = (sequence + 1) % 65536
                status, data = answers[opcode](payload) if opcode in answers else (UNKNOWN_OPCODE, b"")
                last_status = status
            elif (sequence + 1) % 65536 == self.expected:
                status = last_status  # a request sent again: its status and nothing else
            self.send(opcode, sequence, bytes([status]) + (data if status == OK else b""))
            if opcode == HELLO and status == OK:
                self.nonce = zlib.crc32(self.identity, self.nonce)
            if opcode == QUIT and status == OK:
                return

    def hello(self, payload):
        if len(payload) != 5:
            return BAD_LENGTH, b""
        version, self.nonce = struct.unpack("<BI", payload)
        if version != PROTOCOL:
            return BAD_VERSION, b""
        device = self.device
        codes = b"".join(bytes(code) for code in self.codes)
        return OK, (bytes([PROTOCOL]) + struct.pack("<H", INTERFACE) + self.digest + codes
                    + struct.pack("<HHHII", device.layers, device.inputs, device.width, device.activation_count,
                                  device.parameter_count)
                    + self.identity + device.name.encode("ascii"))

    def configure(self, payload):
        self.network = None
        if len(payload) < 3 or len(payload) % 3 != 0:
            return BAD_LENGTH, b""
        loss, inputs = struct.unpack("<BH", payload[:3])
        shapes = [struct.unpack("<HB", payload[i:i + 3]) for i in range(3, len(payload), 3)]
        sizes = [inputs] + [outputs for outputs, _ in shapes]
        activations = [activation for _, activation in shapes]
        device = self.device
        if len(shapes) > device.layers:
            return CAPACITY_EXCEEDED, b""
        # Softmax is of the output layer alone, and goes with cross entropy.
        last = activations[-1] if shapes else None
        goes_with_loss = {MSE: last != SOFTMAX, BCE: last == SIGMOID, CROSS_ENTROPY: last == SOFTMAX}
        if (not shapes or 0 in sizes or max(activations) >= ACTIVATION_FUNCTIONS or SOFTMAX in activations[:-1]
                or not goes_with_loss.get(loss, False)):
            return BAD_NETWORK, b""
        weights = [sizes[l] * sizes[l + 1] for l in range(len(shapes))]
        if (inputs > device.inputs or max(sizes[1:]) > device.width or sum(sizes[1:]) > device.activation_count
                or sum(weights) + sum(sizes[1:]) > device.parameter_count):
            return CAPACITY_EXCEEDED, b""
        network = Network(sizes, activations, loss)
        zero = 0.0 if device.profile == "float32" else 0
        device.network, device.tensors = network, {}
        for tensor, (size, extent) in enumerate(self.codes):
            if size == 0:
                continue
            for layer in range(0, 1) if extent == PER_NETWORK else range(1, len(shapes) + 1):
                count = [1, 1, sizes[layer], weights[layer - 1]][extent]
                device.tensors[tensor, layer] = [zero] * count
        self.sample = {INPUT: [0.0] * inputs, TARGET: [0.0] * sizes[-1]}
        if device.configure(network) is False:
            return UNSUPPORTED, b""
        self.network = network
        return OK, b""

    def numbers_of(self, tensor, layer):
        """A tensor's numbers, their bytes and the letter of struct; nothing where it does not exist."""
        if tensor in self.sample and layer == 0:
            return self.sample[tensor], 4, "f"
        if (tensor, layer) not in self.device.tensors:
            return None
        size = self.codes[tensor][0]
        letter = "f" if self.device.profile == "float32" else {1: "B", 2: "H", 4: "I"}[size]
        return self.device.tensors[tensor, layer], size, letter

    def slice_of(self, tensor, layer, offset, count):
        found = self.numbers_of(tensor, layer)
        if found is None:
            return None
        numbers, size, letter = found
        if offset % size or count % size or count == 0 or offset + count > len(numbers) * size:
            return None
        return slice(offset // size, (offset + count) // size), "<%d%s" % (count // size, letter)

    def load(self, payload):
        if len(payload) < 7:
            return BAD_LENGTH, b""
        if self.network is None:
            return NOT_CONFIGURED, b""
        tensor, layer, offset = struct.unpack("<BBI", payload[:6])
        place = self.slice_of(tensor, layer, offset, len(payload) - 6)
        if place is None or tensor == ACTIVATIONS:
            return BAD_TENSOR, b""
        self.numbers_of(tensor, layer)[0][place[0]] = struct.unpack(place[1], payload[6:])
        if tensor not in self.sample:
            self.device.loaded(tensor, layer)
        return OK, b""

    def store(self, payload):
        if len(payload) != 7:
            return BAD_LENGTH, b""
        if self.network is None:
            return NOT_CONFIGURED, b""
        tensor, layer, offset, count = struct.unpack("<BBIB", payload)
        data = self.bytes_of(tensor, layer, offset, count) if count < PAYLOAD_MAXIMUM else None
        return (BAD_TENSOR, b"") if data is None else (OK, data)

    def bytes_of(self, tensor, layer, offset, count):
        place = self.slice_of(tensor, layer, offset, count)
        if place is None:
            return None
        numbers = self.sample[tensor] if tensor in self.sample else self.device.stored(tensor, layer)
        chosen = list(numbers[place[0]])
        if place[1].endswith("f"):
            return pack_binary32(chosen)
        mask = (1 << (8 * count // len(chosen))) - 1
        return struct.pack(place[1], *[code & mask for code in chosen])

    def crc_of_tensors(self, payload, is_reloaded=False):
        if not payload or len(payload) % 2 or len(payload) > 2 * DIGEST_MAXIMUM:
            return BAD_LENGTH, b""
        if self.network is None:
            return NOT_CONFIGURED, b""
        crc = 0
        for tensor, layer in struct.iter_unpack("<BB", payload):
            found = self.numbers_of(tensor, layer)
            if found is None or (is_reloaded and tensor == ACTIVATIONS):
                return BAD_TENSOR, b""
            data = self.bytes_of(tensor, layer, 0, len(found[0]) * found[1])
            crc = zlib.crc32(data, crc)
            if is_reloaded and tensor not in self.sample:
                found[0][:] = struct.unpack("<%d%s" % (len(found[0]), found[2]), data)
                self.device.loaded(tensor, layer)
        return OK, struct.pack("<I", crc)

    def reload(self, payload):
        return self.crc_of_tensors(payload, True)

    def store_low(self, payload):
        if len(payload) != 8:
            return BAD_LENGTH, b""
        if self.network is None:
            return NOT_CONFIGURED, b""
        tensor, layer, offset, codes, low = struct.unpack("<BBIBB", payload)
        found = self.numbers_of(tensor, layer)
        if found is None or not 0 < codes * low <= STORE_LOW_MAXIMUM or low >= found[1]:
            return BAD_TENSOR, b""
        data = self.bytes_of(tensor, layer, offset, codes * found[1])
        if data is None:
            return BAD_TENSOR, b""
        return OK, b"".join(data[i:i + low] for i in range(0, len(data), found[1]))

    def forward(self, payload):
        if payload:
            return BAD_LENGTH, b""
        if self.network is None:
            return NOT_CONFIGURED, b""
        self.device.forward(list(self.sample[INPUT]))
        return OK, b""

    def train_step(self, payload):
        if len(payload) != 4:
            return BAD_LENGTH, b""
        if self.network is None:
            return NOT_CONFIGURED, b""
        rate = struct.unpack("<f", payload)[0]
        self.device.train_step(list(self.sample[INPUT]), list(self.sample[TARGET]), rate)
        return OK, b""

    def arithmetic(self, payload):
        if len(payload) < 9 or len(payload) % 8 != 1:
            return BAD_LENGTH, b""
        results = b""
        for a, b in struct.iter_unpack("<II", payload[1:]):
            result = self.device.arithmetic(payload[0], a, b)
            if result is None:
                return UNSUPPORTED, b""
            results += struct.pack("<I", result & 0xffffffff)
        return OK, results

    def measure(self, payload):
        return (BAD_LENGTH, b"") if payload else (OK, bytes(24))

    def quit(self, payload):
        return (BAD_LENGTH, b"") if payload else (OK, b"")


def serve(device, read=None, write=None, identity=None):
    """Answers requests until QUIT or the end of the stream, which is standard input and output.

    read() gives some bytes, none at the end; write(bytes) sends all of them. What the program prints goes to standard
    error: standard output belongs to the protocol.
    """
    if read is None:
        stream = sys.stdout.buffer
        sys.stdout = sys.stderr

        def read():
            return os.read(0, 65536)

        def write(data):
            stream.write(data)
            stream.flush()
    _Agent(device, read, write, identity or build_identity()).run()
