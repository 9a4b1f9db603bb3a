#define A {B, C}
#define B 1
#define C -B
#undef B
#define N A
int8_t q[3]={1,B,2};
