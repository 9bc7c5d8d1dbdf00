// The sigmoid.

export function sigmoid(z) {
  const decay = Math.exp(-Math.abs(z)); // never overflows
  return (z >= 0 ? 1 : decay) / (1 + decay);
}
