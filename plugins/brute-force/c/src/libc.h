// What weir.c needs of libc.c besides the standard functions.
#pragma once

// What has been allocated until now stays.
void region_keep(void);
// What has been allocated since then is gone.
void region_release(void);
