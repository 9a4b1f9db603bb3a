lsgd.define("learning_curves", (chart, theme, all) => {
  const highest = Math.max(...all.flatMap(({ loss }) => loss.slice(0, 1)), ...chart.loss);
  const curve = (values, color, width) => ({
    data: values.map((y, epoch) => ({ x: epoch + 1, y })),
    borderColor: color,
    backgroundColor: color,
    borderWidth: width,
    pointRadius: values.length > 1 ? 0 : 2,
  });
  return {
    type: "line",
    data: { datasets: [curve(chart.loss, theme.accent, 2), curve(chart.float32, theme.muted, 1)] },
    options: {
      scales: {
        x: { type: "linear", min: 1, grid: { color: theme.line }, ticks: { maxRotation: 0, precision: 0, maxTicksLimit: 6 } },
        y: { min: 0, max: highest, grid: { color: theme.line }, ticks: { maxTicksLimit: 5, callback: (value) => Number(value.toPrecision(2)) } },
      },
      plugins: { tooltip: { callbacks: { label: ({ raw }) => `epoch ${raw.x}: ${raw.y.toPrecision(4)}` } } },
    },
  };
});
