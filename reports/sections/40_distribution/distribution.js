lsgd.define("distribution", (chart, theme, all) => {
  const bins = chart.counts.length;
  const top = Math.max(...all.flatMap((other) => other.counts));
  const decade = (value) => Math.abs(Math.log10(value) % 1) < 1e-9;
  return {
    type: "bar",
    data: {
      labels: chart.counts.map((_, bin) => (bin / bins).toFixed(2)),
      datasets: [{
        data: chart.counts.map((count) => count || null),
        backgroundColor: theme.accent,
        barPercentage: 1,
        categoryPercentage: 0.92,
      }],
    },
    options: {
      scales: {
        x: {
          grid: { display: false },
          ticks: { maxRotation: 0, autoSkip: false, callback: (_, bin) => bin % 5 === 0 ? bin / bins : null },
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
            title: ([item]) => `error / bound from ${item.label}`,
            label: (item) => `${item.raw.toLocaleString("en")} elements`,
          },
        },
      },
    },
  };
});
