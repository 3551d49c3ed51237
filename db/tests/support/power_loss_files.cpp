// SPDX-License-Identifier: MIT
// The side of PowerLoss that SQLite sees: a file system that passes everything on to the usual one.
#include <support/power_loss.hpp>

#include <cstring>
#include <new>
#include <sqlite3.h>
#include <stdexcept>

namespace trunkline::db::testing {

namespace {

constexpr int modelled = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;

/// SQLite allocates it; the usual file system's own file follows behind it.
struct File {
    sqlite3_file base;
    PowerLoss* disk; // none for temporary files
    const char* path;

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
const sqlite3_io_methods& methods(sqlite3_file* file) { return *of(file).real()->pMethods; }

/// Calls the same method of the usual file.
template <auto method, class... Args>
int passed_on(sqlite3_file* file, Args... args)
{
    return (methods(file).*method)(of(file).real(), args...);
}

bool works(sqlite3_file* file) { return !of(file).disk || !of(file).disk->dead(); }

int close_file(sqlite3_file* file)
{
    const int code = passed_on<&sqlite3_io_methods::xClose>(file);
    file->pMethods = nullptr;
    return code;
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset)
{
    if (!works(file)) return SQLITE_IOERR_READ;
    return passed_on<&sqlite3_io_methods::xRead>(file, to, size, offset);
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset)
{
    const File& self = of(file);
    const auto length = static_cast<std::size_t>(size);
    if (self.disk && !self.disk->wrote(self.path, from, length, static_cast<std::uint64_t>(offset)))
        return SQLITE_IOERR_WRITE;
    return passed_on<&sqlite3_io_methods::xWrite>(file, from, size, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size)
{
    const File& self = of(file);
    if (self.disk && !self.disk->truncated(self.path, static_cast<std::uint64_t>(size))) return SQLITE_IOERR_TRUNCATE;
    return passed_on<&sqlite3_io_methods::xTruncate>(file, size);
}

/// The real file need not be synced: what is synced is in the model.
int sync(sqlite3_file* file, int)
{
    const File& self = of(file);
    return !self.disk || self.disk->synced(self.path) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

/// The shared memory beside the log is memory: it does not outlive the power.
constexpr sqlite3_io_methods file_methods{
    2, // no memory map of the database: every write is seen
    close_file,
    read,
    write,
    truncate,
    sync,
    passed_on<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    passed_on<&sqlite3_io_methods::xLock, int>,
    passed_on<&sqlite3_io_methods::xUnlock, int>,
    passed_on<&sqlite3_io_methods::xCheckReservedLock, int*>,
    passed_on<&sqlite3_io_methods::xFileControl, int, void*>,
    passed_on<&sqlite3_io_methods::xSectorSize>,
    passed_on<&sqlite3_io_methods::xDeviceCharacteristics>,
    passed_on<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
    passed_on<&sqlite3_io_methods::xShmLock, int, int, int>,
    [](sqlite3_file* file) { methods(file).xShmBarrier(of(file).real()); },
    passed_on<&sqlite3_io_methods::xShmUnmap, int>,
    nullptr,
    nullptr,
};

struct Registered {
    sqlite3_vfs vfs{};
    sqlite3_vfs* usual = nullptr;
    PowerLoss* disk = nullptr;
};
Registered registered;

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags)
{
    auto* self = new (file) File{};
    if ((flags & modelled) != 0) {
        self->disk = registered.disk;
        self->path = path;
        if (self->disk->dead()) return SQLITE_CANTOPEN;
        self->disk->opened(path);
    }
    const int code = registered.usual->xOpen(registered.usual, path, self->real(), flags, out_flags);
    if (code == SQLITE_OK) self->base.pMethods = &file_methods;
    return code;
}

int remove_file(sqlite3_vfs*, const char* path, int sync_folder)
{
    if (registered.disk->dead()) return SQLITE_IOERR_DELETE;
    registered.disk->removed(path);
    return registered.usual->xDelete(registered.usual, path, sync_folder);
}

} // namespace

PowerLoss::PowerLoss()
{
    if (registered.disk) throw std::logic_error("there is one such disk at a time");
    registered.usual = sqlite3_vfs_find(nullptr);
    registered.disk = this;
    registered.vfs = *registered.usual; // what is not replaced below works as ever
    registered.vfs.zName = "power-loss";
    registered.vfs.szOsFile = static_cast<int>(sizeof(File)) + registered.usual->szOsFile;
    registered.vfs.pNext = nullptr;
    registered.vfs.xOpen = open_file;
    registered.vfs.xDelete = remove_file;
    sqlite3_vfs_register(&registered.vfs, 1);
}

PowerLoss::~PowerLoss()
{
    sqlite3_vfs_unregister(&registered.vfs);
    sqlite3_vfs_register(registered.usual, 1);
    registered = {};
}

} // namespace trunkline::db::testing
