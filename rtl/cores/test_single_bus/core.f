../../soc/core_wrapper_ports.svh
-F ../../test_core/test_core.f
core_wrapper.sv
