/* test_filesystem.c - on which filesystems a store is refused: io.c with an evs__io_filesystem() that says what the
 * test wants, for one directory or for all. The true function is asked about filesystems that every Linux has. */
#define evs__io_filesystem real_filesystem
#include "libevstore/io.c" // NOLINT(bugprone-suspicious-include)
#undef evs__io_filesystem
int evs__io_filesystem(int fd, uint32_t *ret_type);

#include "journal_fixture.h"

#define EXT4 0xEF53
#define NFS 0x6969

static uint32_t type_of_all;
static char special_path[JF_PATH]; /* a directory that has a type of its own, "": none */
static uint32_t special_type;
static int failure; /* what asking ends with */

int evs__io_filesystem(int fd, uint32_t *ret_type) {
  char link[64];
  char path[JF_PATH] = "";
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (readlink(link, path, sizeof path - 1) < 0)
    return errno;
  *ret_type = special_path[0] && strcmp(path, special_path) == 0 ? special_type : type_of_all;
  return failure;
}

static int setup(void **state) {
  type_of_all = EXT4;
  special_path[0] = '\0';
  failure = 0;
  return jf_setup(state);
}

/* One directory is on another filesystem. */
static void mount_at(const char *path, uint32_t type) {
  snprintf(special_path, sizeof special_path, "%s", path);
  special_type = type;
}

/* Opening is refused, with a sentence that names the store and the filesystem. */
static void assert_refused(const char *path, unsigned flags, const char *name) {
  const evs_open_options options = {.flags = flags};
  evs_store *store = NULL;
  evs_error error = {0};
  assert_int_equal(evs_open(path, &options, &store, &error), EOPNOTSUPP);
  assert_null(store);
  assert_int_equal(error.code, EOPNOTSUPP);
  assert_null(strchr(error.message, '\n'));
  char named[64];
  snprintf(named, sizeof named, "(%s)", name);
  if (!strstr(error.message, path) || !strstr(error.message, named) || !strstr(error.message, "put it on a disk"))
    fail_msg("no \"%s\" and \"%s\" in: %s", path, named, error.message);
}

/* ---- which -------------------------------------------------------------------------------------------- */

static void shared_ones_are_refused(void **state) {
  struct jf *jf = *state;
  static const struct {
    uint32_t type;
    const char *name;
  } shared[] = {{NFS, "NFS"},
                {0x517B, "SMB"},
                {0xFF534D42, "SMB (CIFS)"},
                {0xFE534D42, "SMB"},
                {0x01021997, "9P"},
                {0x5346414F, "AFS"},
                {0x6B414653, "AFS"},
                {0x00C36400, "Ceph"},
                {0x73757245, "Coda"},
                {0x564C, "NCP"},
                {0x0BD00BD0, "Lustre"},
                {0x47504653, "GPFS"},
                {0x01161970, "GFS2"},
                {0x7461636F, "OCFS2"},
                {0x20030528, "OrangeFS"},
                {0x786F4256, "VirtualBox shared folders"}};
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  for (size_t i = 0; i < JF_COUNT(shared); i++) {
    type_of_all = shared[i].type;
    assert_refused(jf->store, 0, shared[i].name);
    assert_refused(jf->store, EVS_READONLY, shared[i].name);
    assert_refused(jf->store, EVS_CREATE, shared[i].name);
  }
}

/* ext4, XFS, Btrfs, F2FS, ZFS, bcachefs, overlayfs, tmpfs, ramfs, NTFS, FUSE, and one that nobody has heard of. */
static void local_ones_are_fine(void **state) {
  struct jf *jf = *state;
  static const uint32_t fine[] = {EXT4,       0x58465342, 0x9123683E, 0xF2F52010, 0x2FC12FC1, 0xCA451A4E,
                                  0x794C7630, 0x01021994, 0x858458F6, 0x7366746E, 0x65735546, 0x12345678};
  for (size_t i = 0; i < JF_COUNT(fine); i++) {
    type_of_all = fine[i];
    jf_remove(jf->store);
    evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
    jf_commit(store, 1, 2, 0);
    jf_assert_sound(store, 2);
    evs_close(store);
  }
}

/* ---- where -------------------------------------------------------------------------------------------- */

/* A store that would be made there is refused before anything is made. */
static void nothing_is_made_there(void **state) {
  struct jf *jf = *state;
  type_of_all = NFS;
  assert_refused(jf->store, EVS_CREATE, "NFS");
  assert_refused(jf_path("%s/a/b/c", jf->root), EVS_CREATE, "NFS");
  assert_false(jf_exists(jf->store));
  assert_false(jf_exists(jf_path("%s/a", jf->root)));
  /* Relative to where we stand, too. */
  char here[JF_PATH];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(chdir(jf->root), 0);
  assert_refused("store", EVS_CREATE, "NFS");
  assert_refused("x/y", EVS_CREATE, "NFS");
  assert_int_equal(chdir(here), 0);
  /* What is not there and shall not be made is just not there. */
  evs_store *store = NULL;
  assert_int_equal(evs_open(jf->store, NULL, &store, NULL), EVS_NO_STORE);
}

/* The directory counts that the store is in or would be in, not those above it. */
static void the_nearest_directory_counts(void **state) {
  struct jf *jf = *state;
  evs_store *store = NULL;
  mount_at("/", NFS);
  store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  mount_at(jf->root, NFS);
  evs_close(jf_open(jf->store, 0, 0));
  assert_refused(jf_path("%s/other", jf->root), EVS_CREATE, "NFS");
  mount_at(jf->store, NFS);
  assert_refused(jf->store, 0, "NFS");
  mount_at(jf_path("%s/journal", jf->store), NFS); /* a link or a mount of its own */
  assert_refused(jf->store, 0, "NFS");
  /* A directory that holds no journal yet, but perhaps contacts. */
  assert_int_equal(mkdir(jf_path("%s/empty", jf->root), 0700), 0);
  mount_at(jf_path("%s/empty", jf->root), NFS);
  assert_refused(jf_path("%s/empty", jf->root), EVS_CREATE, "NFS");
}

/* Mounted between the opening and the first append. */
static void found_out_at_the_first_append(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_error error = {0};
  type_of_all = NFS;
  for (int again = 0; again < 2; again++) {
    assert_int_equal(jf_append(store, 1, 1, 0, NULL, &error), EOPNOTSUPP);
    assert_non_null(strstr(error.message, "(NFS)"));
  }
  evs_close(store);
}

static void asking_may_fail(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_error error = {0};
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  failure = EIO;
  assert_int_equal(evs_open(jf->store, NULL, &store, &error), EIO);
  assert_non_null(strstr(error.message, jf->store));
}

/* What the kernel says of filesystems that are always there. */
static void the_true_function(void **state) {
  (void)state;
  uint32_t type = 0;
  int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(real_filesystem(fd, &type), 0);
  assert_int_equal(type, 0x9FA0);
  close(fd);
  fd = open("/proc", O_PATH | O_CLOEXEC); /* as the nearest directory is opened */
  type = 0;
  assert_int_equal(real_filesystem(fd, &type), 0);
  assert_int_equal(type, 0x9FA0);
  close(fd);
  assert_int_equal(real_filesystem(-1, &type), EBADF);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(shared_ones_are_refused),
      TEST(local_ones_are_fine),
      TEST(nothing_is_made_there),
      TEST(the_nearest_directory_counts),
      TEST(found_out_at_the_first_append),
      TEST(asking_may_fail),
      TEST(the_true_function),
  };
  return cmocka_run_group_tests_name("filesystem", tests, NULL, NULL);
}
