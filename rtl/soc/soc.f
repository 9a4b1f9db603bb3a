lsgd_soc_pkg.sv
lsgd_soc_port.sv
lsgd_soc_ram.sv
lsgd_soc_timer.sv
lsgd_soc.sv
