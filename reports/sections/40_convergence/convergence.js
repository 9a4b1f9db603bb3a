lsgd.define("convergence", (chart, theme) => {
  const points = (values) => values.map((y, epoch) => ({ x: epoch + 1, y }));
  // A single epoch stands in the middle.
  const epochAxis = (last) => ({
    type: "linear",
    min: last > 1 ? 1 : 0,
    max: Math.max(2, last),
    afterBuildTicks: (axis) => { if (last === 1) axis.ticks = [{ value: 1 }]; },
    grid: { display: false },
    title: { display: true, text: "epoch" },
    ticks: { precision: 0, maxRotation: 0 },
  });

  const curves = () => {
    /// What legal trainings reach after a single epoch is a bar.
    const edge = (values) => (values.length > 1 ? points(values) : [0.8, 1.2].map((x) => ({ x, y: values[0] })));
    const datasets = chart.envelopes.flatMap(({ low, high }) => [
      { data: edge(low), borderWidth: 0, pointRadius: 0 },
      { data: edge(high), borderWidth: 0, pointRadius: 0, fill: "-1", backgroundColor: theme.second + (chart.envelopes.length > 1 ? "28" : "40") },
    ]);
    const ordered = [...chart.curves].sort((a, b) => a.fails - b.fails);
    for (const curve of ordered)
      datasets.push({
        data: points(curve.values),
        clip: false,
        curve,
        borderColor: curve.fails ? theme.fail : theme.accent,
        backgroundColor: curve.fails ? theme.fail : theme.accent,
        borderWidth: curve.fails ? 2 : 1,
        pointRadius: curve.values.length > 12 ? 0 : 2,
      });
    const positive = chart.quantity === "distance" &&
      [...chart.curves.map(({ values }) => values), ...chart.envelopes.map(({ low }) => low)].flat().every((y) => y > 0);
    const accuracy = chart.quantity.endsWith("accuracy");
    return {
      type: "line",
      data: { datasets },
      options: {
        scales: {
          x: epochAxis(Math.max(...chart.curves.map(({ values }) => values.length))),
          y: {
            type: positive ? "logarithmic" : "linear",
            afterBuildTicks: positive ? lsgd.keepRoundTicks : undefined,
            grid: { color: theme.line },
            ticks: {
              maxTicksLimit: 6,
              callback: (value) => (accuracy ? `${Math.round(100 * value)} %` : positive ? value.toExponential(0) : value.toPrecision(2)),
            },
          },
        },
        plugins: {
          tooltip: {
            filter: ({ dataset }) => dataset.curve !== undefined,
            callbacks: {
              title: ([{ raw }]) => `epoch ${raw.x}`,
              label: ({ dataset, raw }) => `${dataset.curve.name}${dataset.curve.others > 0 ? ` and ${dataset.curve.others} more` : ""}, initialisation ${dataset.curve.seed}: ${raw.y.toPrecision(6)}`,
            },
          },
        },
      },
    };
  };

  const intervals = () => {
    const edge = 100 * 1.6 * Math.max(...chart.lines.flatMap(({ low, high, margin }) => [margin, Math.min(3 * margin, Math.max(-low, high))]));
    const marks = {
      id: "marks",
      beforeDatasetsDraw({ ctx, scales: { x, y }, chartArea }) {
        ctx.save();
        ctx.font = `11px ${theme.font}`;
        ctx.textBaseline = "bottom";
        chart.lines.forEach((line, i) => {
          const height = y.getPixelForValue(i);
          ctx.fillStyle = theme.band;
          ctx.fillRect(x.getPixelForValue(-100 * line.margin), height - 8,
            x.getPixelForValue(100 * line.margin) - x.getPixelForValue(-100 * line.margin), 22);
          ctx.strokeStyle = line.fails ? theme.fail : theme.accent;
          ctx.lineWidth = 3;
          ctx.beginPath();
          ctx.moveTo(x.getPixelForValue(Math.max(-edge, 100 * line.low)), height + 6);
          ctx.lineTo(Math.max(x.getPixelForValue(Math.min(edge, 100 * line.high)),
            x.getPixelForValue(Math.max(-edge, 100 * line.low)) + 2), height + 6);
          ctx.stroke();
          ctx.fillStyle = theme.muted;
          ctx.fillText(line.name, chartArea.left + 4, height + 2, chartArea.width - 8);
        });
        ctx.restore();
      },
    };
    return {
      type: "scatter",
      data: {
        datasets: [{
          data: chart.lines.map(({ mean }, i) => ({ x: Math.max(-edge, Math.min(edge, 100 * mean)), y: i + 0.18 })),
          radius: 4,
          borderColor: chart.lines.map(({ fails }) => (fails ? theme.fail : theme.accent)),
          backgroundColor: chart.lines.map(({ fails }) => (fails ? theme.fail : theme.accent)),
        }],
      },
      plugins: [marks],
      options: {
        scales: {
          x: { min: -edge, max: edge, grid: { color: theme.line }, ticks: { maxRotation: 0, callback: (value) => value.toFixed(1) } },
          y: { type: "linear", min: -0.6, max: chart.lines.length - 0.4, reverse: true, display: false },
        },
        plugins: {
          tooltip: {
            callbacks: {
              label: ({ dataIndex }) => {
                const { name, mean, low, high } = chart.lines[dataIndex];
                return `${name}: ${(100 * mean).toFixed(2)} (${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)})`;
              },
            },
          },
        },
      },
    };
  };

  const fractionBits = () => {
    const colors = [theme.accent, theme.second, theme.third, theme.fourth];
    return {
      type: "line",
      data: {
        datasets: chart.layers.map((values, layer) => ({
          label: `layer ${layer + 1}`,
          // Apart enough to show layers of the same format.
          data: points(values.map((bits) => bits + 0.12 * (layer - (chart.layers.length - 1) / 2))),
          stepped: "before",
          borderColor: colors[layer % colors.length],
          backgroundColor: colors[layer % colors.length],
          borderWidth: 2,
          pointRadius: values.length > 12 ? 0 : 2,
        })),
      },
      options: {
        scales: {
          x: epochAxis(Math.max(...chart.layers.map((values) => values.length))),
          y: { min: 0, max: 8, grid: { color: theme.line }, ticks: { precision: 0, maxTicksLimit: 9 } },
        },
        plugins: {
          legend: { display: true, labels: { boxWidth: 10 } },
          tooltip: { callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${Math.round(raw.y)}` } },
        },
      },
    };
  };

  const rates = () => ({
    type: "line",
    data: {
      datasets: [{ data: points(chart.values), stepped: "middle", borderColor: theme.accent, backgroundColor: theme.accent, borderWidth: 2, pointRadius: chart.values.length > 12 ? 0 : 2 }],
    },
    options: {
      scales: {
        x: epochAxis(chart.values.length),
        y: { beginAtZero: true, grid: { color: theme.line }, ticks: { maxTicksLimit: 6 } },
      },
    },
  });

  return { curves, intervals, fraction_bits: fractionBits, rates }[chart.kind]();
});
