test_slow_reset.vlt
-F ../../test_core/test_core.f
core_wrapper.sv
