-F ../../core/core.f
../../soc/core_wrapper_ports.svh
core_wrapper.sv
