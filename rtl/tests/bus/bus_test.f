-F ../../test_core/test_core.f
../../soc/lsgd_soc_port.sv
../../soc/lsgd_soc_ram.sv
lsgd_bus_lane.sv
lsgd_bus_test.sv
