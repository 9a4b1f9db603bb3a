lsgd.define("distribution", (chart, theme, all) => {
  const bins = chart.counts.length;
  const top = Math.max(...all.flatMap((other) => other.counts));
  const decade = (value) => Math.abs(Math.log10(value) % 1) < 1e-9;
  return {
    type: "bar",
    data: {
      datasets: [{
        data: chart.counts.map((count, bin) => ({ x: (bin + 0.5) / bins, y: count || null })),
        backgroundColor: chart.counts.map((_, bin) =>
          (chart.outside && bin === bins - 1 ? theme.fail : theme.accent)),
        barPercentage: 1,
        categoryPercentage: 0.92,
      }],
    },
    options: {
      scales: {
        x: {
          type: "linear",
          min: 0,
          max: 1,
          offset: false,
          grid: { display: false },
          ticks: { stepSize: 0.25, maxRotation: 0, callback: (value) => String(value) },
        },
        y: {
          type: "logarithmic",
          min: 0.5,
          max: 10 ** Math.ceil(Math.log10(top + 1)),
          ticks: { callback: (value) => decade(value) ? lsgd.shortCount(value) : null },
          grid: { color: (tick) => decade(tick.tick.value) ? theme.line : "transparent" },
        },
      },
      plugins: {
        tooltip: {
          callbacks: {
            title: ([{ dataIndex: bin }]) =>
              `error / bound from ${(bin / bins).toFixed(2)}${bin < bins - 1 ? ` to ${((bin + 1) / bins).toFixed(2)}` : " up"}`,
            label: ({ raw }) => `${raw.y.toLocaleString("en")} elements`,
          },
        },
      },
    },
  };
});
