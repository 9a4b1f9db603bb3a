# SPDX-License-Identifier: Apache-2.0
# Writes the C file OUTPUT that defines lsgd_build_identity: the first 8 bytes of the SHA-256 over FLAGS
# and the contents of the files INGREDIENTS.
set(hashes "${FLAGS}")
foreach(file ${INGREDIENTS})
  file(SHA256 ${file} hash)
  string(APPEND hashes "\n${hash}")
endforeach()
string(SHA256 identity "${hashes}")
string(SUBSTRING ${identity} 0 16 identity)
string(REGEX REPLACE "(..)" "0x\\1, " bytes ${identity})
file(WRITE ${OUTPUT} "#include \"build_identity.h\"\n
const uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {${bytes}};\n")
