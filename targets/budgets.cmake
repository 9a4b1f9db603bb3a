# SPDX-License-Identifier: Apache-2.0
# What the ports may cost on RV32IMC: level 4 fails whatever costs more (README.md). The worst of the 192
# samples of `bench`, which begin with those of level 4; code, instructions and cycles with 3 % to spare, the stack with 16 bytes.
# QEMU retires the same instructions as the core, but models no cycles.
function(lsgd_add_riscv32_budget version port text static_ram stack step_instructions forward_instructions step_cycles
         forward_cycles)
  set(limits text_bytes=${text} static_ram_bytes=${static_ram} stack_bytes=${stack}
      instructions_per_step=${step_instructions} instructions_per_forward=${forward_instructions})
  set(gcc "riscv64-unknown-elf-gcc ${version}\\.")
  lsgd_add_budget(PORT ${port} VARIANT qemu_riscv32-gcc_O2 NETWORK car COMPILER ${gcc} LIMITS ${limits})
  lsgd_add_budget(PORT ${port} VARIANT rtl_rv32imc-gcc_O2 NETWORK car COMPILER ${gcc} LIMITS ${limits}
                  cycles_per_step=${step_cycles} cycles_per_forward=${forward_cycles})
endfunction()

#                       gcc port                 bytes of            instructions of     cycles of
#                                               code  RAM   stack   step    forward     step    forward
lsgd_add_riscv32_budget(12 float32_c99           3920  3748  220    441150   155850    454700    160220)
lsgd_add_riscv32_budget(12 float32_unpacked     12670  3700  248     67200    25140     72280     27370)
lsgd_add_riscv32_budget(12 sgd_classic           3980  7028  252    531840   155850    543350    159850)
lsgd_add_riscv32_budget(12 int8_hybrid_c99       4670  1152  316    697040     7340    731780      7560)
lsgd_add_riscv32_budget(12 int8_hybrid_unpacked  9510  1312  396     34570     3960     36650      4100)
lsgd_add_riscv32_budget(12 int8_integer_c99      7240  1072  272     15880     4100     17100      4270)
lsgd_add_riscv32_budget(12 int32_fixed_c99      10520  3796  360     14240    13520     14600     14100)
lsgd_add_riscv32_budget(12 q8_8_stochastic_c99   6900  1896  268     26080     6900     28160      7090)

lsgd_add_riscv32_budget(14 float32_c99           4000  3748  236    436530   154380      452580   161090)
lsgd_add_riscv32_budget(14 float32_unpacked     12760  3700  264     67110    25100       71950     27250)
lsgd_add_riscv32_budget(14 sgd_classic           4070  7028  268    525630   154380      545500   160340)
lsgd_add_riscv32_budget(14 int8_hybrid_c99       4620  1152  316    693340     7290      725500     7510)
lsgd_add_riscv32_budget(14 int8_hybrid_unpacked  9410  1312  396     34190     3950       36030     4090)
lsgd_add_riscv32_budget(14 int8_integer_c99      7250  1072  272     15870     4080       17220     4260)
lsgd_add_riscv32_budget(14 int32_fixed_c99      10650  3796  372     14370    13440       14720    14220)
lsgd_add_riscv32_budget(14 q8_8_stochastic_c99   7000  1896  268     25950     7040       28070      7230)
