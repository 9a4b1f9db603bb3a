# SPDX-License-Identifier: Apache-2.0
#
# Ports that allocate memory while they train, and give it back or not.

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME allocates_64_kib
  SOURCE float32_c99.c
  DESCRIPTION "64 KiB allocated and freed in every step" LEVEL 4
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"
#include <stdlib.h>
"
  AND_FIND "  lsgd_port_forward(input);\n\n  const struct lsgd_network* network"
  AND_REPLACE "  void* const scratch = malloc(65536);
  if (scratch == NULL) return LSGD_UNSUPPORTED;
  *(volatile char*)scratch = 1;
  free(scratch);
  lsgd_port_forward(input);

  const struct lsgd_network* network")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME allocates_64_bytes
  SOURCE float32_c99.c
  DESCRIPTION "64 bytes allocated by the first step and kept" LEVEL 4
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"
#include <stdlib.h>
"
  AND_FIND "  lsgd_port_forward(input);\n\n  const struct lsgd_network* network"
  AND_REPLACE "  static volatile char* scratch;
  if (scratch == NULL) scratch = calloc(4, 16);
  scratch[0] = 1;
  lsgd_port_forward(input);

  const struct lsgd_network* network")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME reallocates
  SOURCE float32_c99.c
  DESCRIPTION "A block that grows with every step" LEVEL 4
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"
#include <stdlib.h>
"
  AND_FIND "  lsgd_port_forward(input);\n\n  const struct lsgd_network* network"
  AND_REPLACE "  static volatile char* scratch;
  static size_t size;
  scratch = realloc((void*)scratch, size += 8);
  scratch[0] = 1;
  lsgd_port_forward(input);

  const struct lsgd_network* network")
