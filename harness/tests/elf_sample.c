/* SPDX-License-Identifier: Apache-2.0 */
/* An object of known sizes, for elf_sizes_test. */
const int elf_sample_constants[100] = {1};
int elf_sample_data[20] = {1};
int elf_sample_zeros[1000];

int elf_sample_sum(int i) {
  return elf_sample_constants[i] + elf_sample_data[i] + elf_sample_zeros[i];
}
