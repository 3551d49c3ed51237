// SPDX-License-Identifier: MIT
// The drawing itself, with uPlot. Colours come from the theme's properties.
import uPlot from 'uplot';
import type { ActivityDay } from '../api/types';

export interface Chart {
  update: (days: ActivityDay[]) => void;
  destroy: () => void;
}

const height_px = 220;

function data_of(days: ActivityDay[]): uPlot.AlignedData {
  return [
    days.map((day) => Date.parse(`${day.date}T00:00:00Z`) / 1000),
    days.map((day) => day.messages),
    days.map((day) => day.conversations),
  ];
}

function options(element: HTMLElement): uPlot.Options {
  // A probe turns light-dark() and the theme's properties into plain colours, which a canvas needs.
  const probe = element.appendChild(document.createElement('i'));
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [text, line, first, second, fill] = ['muted', 'line', 'accent', 'second', 'accent-soft'].map(colour);
  probe.remove();
  const axis: uPlot.Axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return {
    width: element.clientWidth,
    height: height_px,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true }, y: { range: (_, _low, high) => [0, Math.max(4, Math.ceil(high * 1.1))] } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    axes: [
      { ...axis, size: 28, grid: { show: false }, space: 64, incrs: [86_400, 172_800, 604_800, 1_209_600, 2_592_000], values: (_, at) => at.map((one) => day.format(one * 1000)) },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000] },
    ],
    series: [
      {},
      { stroke: first, width: 2, fill, points: { show: false } },
      { stroke: second, width: 2, dash: [5, 4], points: { show: false } },
    ],
  };
}

export function draw(element: HTMLElement, days: ActivityDay[]): Chart {
  let plot = new uPlot(options(element), data_of(days), element);
  const resized = new ResizeObserver(() => {
    if (element.clientWidth) plot.setSize({ width: element.clientWidth, height: height_px });
  });
  resized.observe(element);
  const redraw = () => {
    const data = plot.data;
    plot.destroy();
    plot = new uPlot(options(element), data, element);
  };
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', redraw);
  return {
    update: (next) => plot.setData(data_of(next)),
    destroy: () => {
      resized.disconnect();
      dark.removeEventListener('change', redraw);
      plot.destroy();
    },
  };
}
