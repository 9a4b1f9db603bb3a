@NAME@.vlt
+define+@NAME@_IN_LSGD_SOC
../../soc/core_wrapper_ports.svh
-F ../../bus/bus.f
core_wrapper.sv
