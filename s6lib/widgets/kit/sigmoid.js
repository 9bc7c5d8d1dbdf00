// The sigmoid, and its slope.

export function sigmoid(z) {
  const decay = Math.exp(-Math.abs(z)); // never overflows
  return (z >= 0 ? 1 : decay) / (1 + decay);
}

// sigma(z) sigma(-z): on paper y (1 - y), but that cancels to 0 at z = 40.
export function sigmoidDerivative(z) {
  const decay = Math.exp(-Math.abs(z));
  return decay / ((1 + decay) * (1 + decay));
}
