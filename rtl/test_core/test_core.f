../soc/core_wrapper_ports.svh
-F ../core/core.f
-F ../bus/bus.f
lsgd_test_manager_obi.sv
lsgd_test_manager_ahb_lite.sv
lsgd_test_manager_axi4_lite.sv
lsgd_test_manager_wishbone.sv
lsgd_test_bus.sv
lsgd_test_core.sv
lsgd_test_system.sv
