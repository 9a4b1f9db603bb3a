lsgd_bus_pkg.sv
lsgd_bus_obi.sv
lsgd_bus_ahb_lite.sv
lsgd_bus_axi4_lite.sv
lsgd_bus_wishbone.sv
lsgd_bus_picorv32.sv
