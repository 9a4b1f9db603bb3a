-F ../../core/core.f
core_wrapper.sv
