// The dashboard's few icons, drawn on a 16 × 16 grid in the colour of the text around them. Decorative: the words
// beside them, or the label of their button, say what they mean.
import type { ComponentChildren } from 'preact';

interface IconProps {
  readonly children: ComponentChildren;
}

function Icon({ children }: IconProps) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {children}
    </svg>
  );
}

export const PlayIcon = () => (
  <Icon>
    <path
      d="M4.500 2.800v10.400a.6.6 0 0 0 .9.5l8.300-5.200a.6.6 0 0 0 0-1L5.400 2.300a.6.6 0 0 0-.9.5z"
      fill="currentColor"
    />
  </Icon>
);
export const PauseIcon = () => (
  <Icon>
    <path d="M4 2.500h2.600v11H4zM9.400 2.500H12v11H9.400z" fill="currentColor" />
  </Icon>
);
export const RestartIcon = () => (
  <Icon>
    <path d="M3 8a5 5 0 1 0 1.600-3.700M4.300 1.800v2.700H7" class="stroke" />
  </Icon>
);
export const KillIcon = () => (
  <Icon>
    <path d="M9 1.500 3.500 9H8l-1 5.500L12.500 7H8z" fill="currentColor" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m3 8.500 3.300 3.300L13 4.500" class="stroke" />
  </Icon>
);
export const WarnIcon = () => (
  <Icon>
    <path d="M8 2 1.800 13.200h12.400zM8 6.500v3.200M8 11.400v.4" class="stroke" />
  </Icon>
);
export const CrossIcon = () => (
  <Icon>
    <path d="m4 4 8 8m0-8-8 8" class="stroke" />
  </Icon>
);
export const DotIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="3" fill="currentColor" />
  </Icon>
);
export const FileIcon = () => (
  <Icon>
    <path d="M3.500 1.800h5.700l3.300 3.300v9.100h-9zM9 2v3.400h3.400" class="stroke" />
  </Icon>
);
export const FlagIcon = () => (
  <Icon>
    <path d="M4 14V2.500h8l-2 3 2 3H4" class="stroke" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <path d="M11.500 11.500 14 14M12.500 7.200a5.200 5.200 0 1 1-10.500 0 5.200 5.200 0 0 1 10.500 0z" class="stroke" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="3" class="stroke" />
    <path
      d="M8 1v1.600M8 13.400V15M1 8h1.600M13.400 8H15M3 3l1.200 1.200M11.800 11.800 13 13M13 3l-1.200 1.200M4.200 11.800 3 13"
      class="stroke"
    />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M13.500 9.800A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300z" class="stroke" />
  </Icon>
);
export const TableIcon = () => (
  <Icon>
    <path d="M2 3h12v10H2zM2 6.500h12M6.500 6.500V13" class="stroke" />
  </Icon>
);
export const Brand = () => (
  <svg class="brand-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
    <rect width="32" height="32" rx="7" class="brand-ground" />
    <path d="M7 8v17M25 8v17M7 12h18" class="brand-gate" />
    <path
      d="M11 18.500c2.500-2.400 4.500 2.400 7 0 1-1 2-1.100 3-.6M11 23.500c2.500-2.400 4.500 2.400 7 0 1-1 2-1.100 3-.6"
      class="brand-water"
    />
  </svg>
);
