-F ../../test_core/test_core.f
core_wrapper.sv
