# Hits by status class and by the path's first segment, and those of status 500.
{
  status[substr($9, 1, 1)]++
  split($7, path, "/")
  section[path[2]]++
  if ($9 == "500") errors++
}
END {
  for (name in section) if (section[name] > most) most = section[name]
  printf "lines %d errors %d top %d\n", NR, errors, most
}
