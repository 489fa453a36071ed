# The library as others use it, and what `cmake --install` puts where. Both libraries hold all of the
# engine and llhttp, so that a program needs nothing of theirs; the shared one shows only what
# withy.h declares.
if(WITHY_SANITIZE OR WITHY_FUZZ)
  return()
endif()
include(GNUInstallDirs)

set(WITHY_HEADER ${CMAKE_SOURCE_DIR}/include/withy.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${WITHY_HEADER})
file(STRINGS ${WITHY_HEADER} lines REGEX "^WITHY_API ")
set(symbols)
foreach(line ${lines})
  string(REGEX MATCH "withy_[a-z0-9_]+\\(" name ${line})
  string(REPLACE "(" ";" name ${name})
  string(APPEND symbols "  ${name}\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/libwithy.map
     CONTENT "{\nglobal:\n@symbols@local: *;\n};\n" @ONLY)

add_library(withy_shared SHARED $<TARGET_OBJECTS:withy_objects>)
target_link_libraries(withy_shared PRIVATE withy_deps)
target_link_options(withy_shared PRIVATE -Wl,--version-script=${CMAKE_BINARY_DIR}/libwithy.map
                                         -Wl,--no-undefined -Wl,--gc-sections)
set_target_properties(withy_shared PROPERTIES
  OUTPUT_NAME withy VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  LINK_DEPENDS ${CMAKE_BINARY_DIR}/libwithy.map)

# libwithy.a with the archives it needs inside. A shared engine cannot go in: it is installed beside.
set(archive ${CMAKE_BINARY_DIR}/install/libwithy.a)
set(script "CREATE ${archive}\nADDLIB $<TARGET_FILE:withy_static>\nADDLIB $<TARGET_FILE:llhttp>\n")
set(engine_pc)
if(ENGINE_LIBRARY MATCHES "\\.a$")
  string(APPEND script "ADDLIB ${ENGINE_LIBRARY}\n")
else()
  install(FILES ${ENGINE_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set(engine_pc " -lwasmtime")
endif()
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/install/libwithy.mri CONTENT "${script}SAVE\nEND\n")
add_custom_command(
  OUTPUT ${archive}
  COMMAND ${CMAKE_AR} -M < ${CMAKE_BINARY_DIR}/install/libwithy.mri
  DEPENDS withy_static llhttp ${ENGINE_LIBRARY} ${CMAKE_BINARY_DIR}/install/libwithy.mri
  COMMENT "Gathering libwithy.a"
  VERBATIM)
add_custom_target(withy_archive ALL DEPENDS ${archive})

# Relative to the file itself: the prefix is chosen when installing.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_SOURCE_DIR}/cmake/libwithy.pc.in ${CMAKE_BINARY_DIR}/install/libwithy.pc @ONLY)

install(TARGETS withy_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET withy)
  set_target_properties(withy PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS withy RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
set_target_properties(withy_shared PROPERTIES INSTALL_RPATH "$ORIGIN")
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${WITHY_HEADER} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/install/libwithy.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

